"""Vetting: risky patterns, the second engine's independence, canonical comparison."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.documents import Contract, Document, parse
from hub.documents.vetting import SecondEngine, canonical, first_difference, nested_quantifiers

Note = Callable[..., Document]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a+)+b",
        "(a*)*",
        "([0-9]+)*",
        "(a+){2,}",
        "(a+){10}",
        "((a+)b?)+",
        "(a{2,})+",
        "(x(a+)y)+",
        "(a|b+)*",
        r"(\(+)+",
        "([a-z-[aeiou]]+)+",
    ],
)
def test_nested_repetition_is_found(pattern: str) -> None:
    assert nested_quantifiers(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]{12}",
        "a+b*c?",
        "([0-9]{4}-){2}[0-9]+",
        "(a|b)+",
        "(a+)?",
        "(a+){1}",
        "(a{1,3})+",
        r"\(a+\)+",
        "[(a+)]+",
        r"[\](]+",
        "(ab)+c+",
        "",
    ],
)
def test_plain_repetition_is_fine(pattern: str) -> None:
    assert not nested_quantifiers(pattern)


def test_the_second_engine_follows_no_hint_of_the_message(contract: Contract, note: Note, tmp_path: Path) -> None:
    # Given a message naming a schema under which anything goes
    lax = tmp_path / "lax.xsd"
    lax.write_text((contract.folder / "schema.xsd").read_text().replace("[0-9]{15}", ".*"))
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:renkei:office.note:v1 {lax.as_uri()}" '
    )
    engine = SecondEngine(contract)
    assert engine.accepts(note(("<note ", f"<note {hint}")))
    assert not engine.accepts(note(("<note ", f"<note {hint}"), ("000000000000123", "1")))


def test_the_second_engine_opens_no_file(contract: Contract, tmp_path: Path) -> None:
    # Given a schema with an include that the loader would have refused
    (tmp_path / "other.xsd").write_bytes(contract.xsd)
    include = f'<xs:include schemaLocation="{(tmp_path / "other.xsd").as_uri()}"/>'
    reaching = contract.xsd.replace(
        b'<xs:element name="note">', f'{include}<xs:element name="x"/><xs:element name="y">'.encode()
    )
    contract.xsd = reaching
    # Then xmlschema does not take it: its types lie in the file it may not read
    assert SecondEngine(contract).problem is not None


def document(text: str) -> Document:
    return parse(text.encode(), 10_000)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('<a xmlns="urn:x"><b c="1" d="2"/></a>', '<p:a xmlns:p="urn:x">\n  <p:b d="2" c="1"></p:b>\n</p:a>'),
        ("<a><b>x</b></a>", "<!-- y --><a>\n\t<b>x</b>\n</a>"),
    ],
)
def test_documents_that_say_the_same_are_equal(one: str, other: str) -> None:
    assert canonical(document(one)) == canonical(document(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a>x</a>", "<a>x </a>"),
        ("<a><b/></a>", "<a>x<b/></a>"),
        ("<a> </a>", "<a/>"),
        ('<a xmlns="urn:x"/>', '<a xmlns="urn:y"/>'),
        ("<a>\ufa19</a>", "<a>\u795e</a>"),
        ("<a>葛\U000e0100</a>", "<a>葛</a>"),
    ],
)
def test_documents_that_differ_are_not(one: str, other: str) -> None:
    assert canonical(document(one)) != canonical(document(other))


def test_comparing_changes_nothing(contract: Contract, note: Note) -> None:
    given = note()
    before = given.serialise()
    canonical(given)
    assert given.serialise() == before


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ("<a><b>1</b><b>2</b></a>", "<a><b>1</b><b>3</b></a>", "b[2]"),
        ("<a><b/></a>", "<a><c/></a>", "c"),
        ("<a><b/></a>", "<a>\n<b/>\n</a>", "the end"),
        ("<a><b/></a>", "<a><b/><c/></a>", "the end"),
        ("<a/>", "<a x='1'/>", "."),
    ],
)
def test_the_first_difference_is_named_by_its_path(one: str, other: str, place: str) -> None:
    assert first_difference(document(one), document(other)) == place
