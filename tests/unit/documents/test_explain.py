"""Explanations of refusals: field, line and rule in words; never a value; bounded in time; never in the way."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from hub.documents import Contract, Document
from hub.documents.explain import MOST_ELEMENTS, MOST_PROBLEMS, Explainer
from hub.errors import Refused

Note = Callable[..., Document]

NAME = "<name>葛󠄀城 \U0010de92子</name>"
SECRET = "秘密9876"

WORDS = {
    "pattern": (
        ("123456789018", SECRET),
        "field note/individual_number, line 3: does not match the pattern of type individual_number ([0-9]{12})",
    ),
    "built-in type": (("2019-04-01", SECRET), "field note/birth_date, line 5: is not a valid date"),
    "number": (
        ("<history_number>7", f"<history_number>{SECRET}"),
        "field note/history_number, line 4: is not a valid positiveInteger",
    ),
    "range": (
        ("<history_number>7", "<history_number>0"),
        "field note/history_number, line 4: is not a valid value of its type",
    ),
    "enumeration": (("<sex>1", f"<sex>{SECRET}"), "field note/sex, line 6: is not one of 1, 2"),
    "too long": ((NAME, f"<name>{SECRET * 9}</name>"), "field note/name, line 7: is longer than 20 characters"),
    "too short": ((NAME, "<name/>"), "field note/name, line 7: is shorter than 1 characters"),
    "missing": (("<sex>1</sex>", ""), "field note/name, line 7: is not allowed at this place, expected sex"),
    "missing at the end": ((NAME, ""), "field note, line 1: is not complete, expected name"),
    "too many": (
        (NAME, NAME * 4),
        "field note/name[4], line 7: is not allowed at this place, nothing more is expected",
    ),
    "unknown element": (
        ("<sex>1</sex>", f"<sex>1</sex><秘密>{SECRET}</秘密>"),
        "field note, line 1: an unknown element in line 6, expected name",
    ),
    "unknown attribute": (("<sex>", f'<sex 秘密="{SECRET}">'), "carries an attribute that is not allowed"),
    "bad attribute": (
        ("<note ", f'<note lang="{SECRET}" '),
        "field note, line 1: attribute lang is not a valid value of its type",
    ),
    "text between": (
        ("<sex>1</sex>", f"<sex>1</sex>{SECRET}"),
        "field note, line 1: contains text between its elements",
    ),
    "child in a value": (
        ("<sex>1</sex>", f"<sex><name>{SECRET}</name></sex>"),
        "field note/sex, line 6: contains elements where only text is allowed",
    ),
    "nil": (
        ("<sex>1</sex>", '<sex xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true"/>'),
        "field note/sex, line 6: may not be nil",
    ),
    "type of its own": (
        ("<sex>1</sex>", f'<sex xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="{SECRET}">1</sex>'),
        "field note/sex, line 6:",
    ),
}


def detail(contract: Contract, document: Document) -> str:
    with pytest.raises(Refused) as caught:
        contract.validate(document)
    assert caught.value.code == "validate.schema"
    return caught.value.detail


@pytest.mark.parametrize(("change", "words"), WORDS.values(), ids=WORDS.keys())
def test_words_without_values(contract: Contract, note: Note, change: tuple[str, str], words: str) -> None:
    # Given one thing wrong, When it is explained, Then place and rule are named and nothing of the document is quoted
    text = detail(contract, note(change))
    assert words in text
    assert not any(part in text for part in ("秘密", "9876", "葛", "123456789018"))


def test_what_only_libxml2_refuses_is_explained_by_its_rule(contract: Contract, note: Note) -> None:
    # Given a full-width digit, which xmlschema takes for a number
    assert detail(contract, note(("<history_number>7", "<history_number>７"))) == (
        "field note/history_number, line 4: is not a valid value of its type"
    )


def test_several_problems_are_named_at_once_and_not_too_many(contract: Contract, note: Note) -> None:
    document = note(
        ("<sex>1", "<sex>9"), ("2019-04-01", "x"), ("<history_number>7", "<history_number>0"), (NAME, "<name/>")
    )
    parts = detail(contract, document).split("; ")
    assert len(parts) == MOST_PROBLEMS
    assert [part.split(",")[0] for part in parts] == [
        "field note/history_number",
        "field note/birth_date",
        "field note/sex",
    ]


def test_a_catastrophic_pattern_costs_no_time(changed: Callable[..., Contract], note: Note) -> None:
    # Given a pattern a backtracking engine would work on for ages, and an input made for it
    contract = changed("[0-9]{12}", "(a+)+b", "schema.xsd")
    started = time.monotonic()
    text = detail(contract, note(("123456789018", "a" * 60)))
    # Then the explanation comes at once: only libxml2 ever runs a contract's pattern
    assert time.monotonic() - started < 5
    assert "does not match the pattern" in text


@pytest.fixture
def changed(changed_contract: Callable[..., Contract]) -> Callable[..., Contract]:
    return changed_contract


def test_a_large_document_is_explained_by_libxml2_alone(
    contract: Contract, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Any:
        raise AssertionError("xmlschema was asked about a large document")

    monkeypatch.setattr(Explainer, "_ask_xmlschema", never)
    assert detail(contract, note((NAME, NAME * (MOST_ELEMENTS + 1)))) == (
        "field note/name[4], line 7: an element is missing or not allowed at this place"
    )
    long_text = detail(contract, note((NAME, f"<name>{'x' * 200_000}</name>")))
    assert long_text == "field note/name, line 7: is too long"


def test_an_unknown_element_with_a_prefix_of_the_sender_is_explained_in_a_large_document(
    contract: Contract, note: Note
) -> None:
    """libxml2 names its place by that prefix, which nobody can look up but the sender."""
    strange = "".join(f"<n{number}:a xmlns:n{number}='u{number}'/>" for number in range(MOST_ELEMENTS + 1))
    document = note(("</note>", f"{strange}</note>"))

    with pytest.raises(Refused, match=r"validate\.schema") as refused:
        contract.validate(document)

    assert refused.value.detail == "field note, line 1: an element is missing or not allowed at this place"


def test_a_failing_second_engine_changes_no_verdict(
    contract: Contract, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_schema: bytes) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr("hub.documents.explain._without_patterns", broken)
    assert detail(contract, note(("<sex>1", "<sex>9"))) == "field note/sex, line 6: is not a known code"


def test_a_repeated_value_of_a_unique_field(changed: Callable[..., Contract], note: Note) -> None:
    unique = (
        '<xs:unique name="one_name" xmlns:c="urn:renkei:office.note:v1">'
        '<xs:selector xpath="c:name"/><xs:field xpath="."/></xs:unique>'
    )
    end = "</xs:complexType>\n  </xs:element>"
    contract = changed(end, end.replace("</xs:element>", f"{unique}</xs:element>"), "schema.xsd")
    assert detail(contract, note((NAME, NAME * 2))) == "field note/name[2], line 7: has the same value as another"
