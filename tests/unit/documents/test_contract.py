"""Contracts: what is refused, with which code and words, and what the hub learns from a valid message."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config_file import FindingsError
from hub.documents import Contract, Document, NamedPerson, parse
from hub.errors import Refused
from tests.small_home import edit, write_contract

Note = Callable[..., Document]
Changed = Callable[..., Contract]


def test_a_valid_message_passes(contract: Contract, note: Note) -> None:
    contract.validate(note())
    assert (contract.type, contract.version, contract.flow) == ("office.note", 1, "F2")


def test_the_schema_refuses(contract: Contract, note: Note) -> None:
    with pytest.raises(Refused) as caught:
        contract.validate(note(("2019-04-01", "1.4.2019")))
    assert (caught.value.code, caught.value.detail) == (
        "validate.schema",
        "field note/birth_date, line 5: is not a valid date",
    )


def test_a_wrong_check_digit_is_refused_without_the_value(contract: Contract, note: Note) -> None:
    with pytest.raises(Refused) as caught:
        contract.validate(note(("123456789018", "123456789012")))
    assert caught.value.code == "validate.check_digit"
    assert caught.value.detail == "field note/individual_number: not a valid individual_number"


def test_all_zeros_are_no_individual_number(contract: Contract, note: Note) -> None:
    with pytest.raises(Refused, match=r"validate\.check_digit"):
        contract.validate(note(("123456789018", "000000000000")))


def test_another_root_is_refused_without_naming_it(contract: Contract) -> None:
    # Given a root the schema does not declare, and one of another namespace
    for body in (b"<secret/>", b'<note xmlns="urn:renkei:secret"/>'):
        with pytest.raises(Refused, match="the root element is not") as caught:
            contract.validate(parse(body, 1000))
        assert "secret" not in caught.value.detail


def test_a_schema_location_in_the_message_is_not_followed(contract: Contract, note: Note, tmp_path: Path) -> None:
    # Given a message that names a schema of its own, under which it would be valid
    lax = tmp_path / "lax.xsd"
    lax.write_text((contract.folder / "schema.xsd").read_text().replace("[0-9]{15}", ".*"))
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:renkei:office.note:v1 {lax.as_uri()}" '
    )
    # Then the contract's own decides
    with pytest.raises(Refused, match="addressee_number"):
        contract.validate(note(("<note ", f"<note {hint}"), ("000000000000123", "1")))


def test_facts(contract: Contract, note: Note) -> None:
    facts = contract.facts(note())
    assert (facts.state_key, facts.version) == ("000000000000123", 7)
    assert facts.persons == (
        NamedPerson("subject", (("addressee_number", "000000000000123"), ("individual_number", "123456789018"))),
    )


def test_facts_do_not_show_values(contract: Contract, note: Note) -> None:
    facts = contract.facts(note())
    for text in (repr(facts), str(facts), repr(facts.persons[0]), f"{facts.persons}"):
        assert "123" not in text
        assert "subject" in text


def test_white_space_the_schema_ignores_makes_no_other_person(contract: Contract, note: Note) -> None:
    # Given a number the schema's token type reads as the same
    document = note(("123456789018", "\n  123456789018\t"), ("000000000000123", " 000000000000123 "))
    # Then it passes and is the same alias: otherwise a blank would pass by a fence
    contract.validate(document)
    assert contract.facts(document) == contract.facts(note())
    assert contract.identifiers(document) == contract.identifiers(note())


def test_an_absent_alias_is_left_out(contract: Contract, note: Note) -> None:
    document = note(("<individual_number>123456789018</individual_number>", ""))
    contract.validate(document)
    assert contract.facts(document).persons[0].aliases == (("addressee_number", "000000000000123"),)


def test_identifiers_are_aliases_and_marked_fields(changed_contract: Changed, note: Note) -> None:
    contract = changed_contract(
        "[[check_digits]]", '[[identifiers]]\nkind = "household_number"\nat = "//c:name"\n\n[[check_digits]]'
    )
    assert contract.identifiers(note()) == [
        ("household_number", "葛󠄀城 \U0010de92子", "name"),
        ("addressee_number", "000000000000123", "note/addressee_number"),
        ("individual_number", "123456789018", "note/individual_number"),
    ]
    assert contract.identifier_kinds == {"household_number", "addressee_number", "individual_number"}


def test_texts_by_path(contract: Contract, note: Note) -> None:
    document = note(("<sex>1</sex>", "<sex>1</sex><name>a</name>"), ("<note ", '<note lang="ja" '))
    assert contract.texts(document, ["note/sex", "note/name", "note/@lang", "other/sex"]) == [
        "1",
        "a",
        "葛󠄀城 \U0010de92子",
        "ja",
    ]


@pytest.mark.parametrize(
    ("compare", "text", "version"),
    [
        ("integer", "7", 7),
        ("integer", "9223372036854775807", 2**63 - 1),
        ("date", "2026-11-23", 20261123),
        ("date", "2026-11-23+09:00", 20261123),
        ("datetime", "1970-01-01T09:00:00", 0),
        ("datetime", "1970-01-01T00:00:00.5Z", 500_000),
        ("datetime", "2026-11-23T08:00:00+09:00", 1_795_388_400_000_000),
    ],
)
def test_versions_become_integers(changed_contract: Changed, note: Note, compare: str, text: str, version: int) -> None:
    contract = changed_contract(
        'version = "/c:note/c:history_number"\ncompare = "integer"',
        f'version = "string(/c:note/c:name)"\ncompare = "{compare}"',
    )
    assert contract.facts(note(("葛󠄀城 \U0010de92子", text))).version == version


@pytest.mark.parametrize(
    ("compare", "text"),
    [
        ("integer", "9223372036854775808"),
        ("integer", "-1"),
        ("integer", "9" * 5000),
        ("integer", "seven"),
        ("date", "yesterday"),
        ("datetime", "2026-11-23T24:00:01"),
        ("datetime", "1969-12-31T00:00:00Z"),
    ],
)
def test_a_version_that_cannot_be_compared_is_refused(
    changed_contract: Changed, note: Note, compare: str, text: str
) -> None:
    contract = changed_contract(
        'version = "/c:note/c:history_number"\ncompare = "integer"',
        f'version = "/c:note/c:name"\ncompare = "{compare}"',
    )
    with pytest.raises(Refused) as caught:
        contract.facts(note(("葛󠄀城 \U0010de92子", text)))
    assert caught.value.code == "validate.schema"
    assert "field note/name" in caught.value.detail
    assert text not in caught.value.detail


def test_a_state_needs_exactly_one_key(changed_contract: Changed, note: Note) -> None:
    contract = changed_contract('key = "/c:note/c:addressee_number"', 'key = "/c:note/c:name"')
    name = "<name>葛󠄀城 \U0010de92子</name>"
    # Given a message with two keys, and one with none: neither may go out unordered
    for document in (note((name, name * 2)), note((name, ""))):
        with pytest.raises(Refused, match="field note/name: occurs"):
            contract.facts(document)


def test_a_key_may_be_computed(changed_contract: Changed, note: Note) -> None:
    contract = changed_contract(
        'key = "/c:note/c:addressee_number"', "key = \"concat(/c:note/c:addressee_number, '/', /c:note/c:sex)\""
    )
    assert contract.facts(note()).state_key == "000000000000123/1"


def test_a_message_that_is_no_state_has_neither_key_nor_version(tmp_path: Path, note: Note) -> None:
    folder = write_contract(tmp_path, "office.note")
    text = (folder / "contract.toml").read_text()
    (folder / "contract.toml").write_text(text[: text.index("[state]")] + text[text.index("[[persons]]") :])
    facts = Contract.load(folder).facts(note())
    assert (facts.state_key, facts.version, len(facts.persons)) == (None, None, 1)


@pytest.mark.parametrize("element", ["include", "import", "redefine"])
def test_a_schema_that_reaches_for_a_file_is_refused(tmp_path: Path, element: str) -> None:
    folder = write_contract(tmp_path, "office.note")
    (tmp_path / "other.xsd").write_text((folder / "schema.xsd").read_text())
    reach = f'<xs:{element} schemaLocation="{(tmp_path / "other.xsd").as_uri()}"/>'
    edit(folder / "schema.xsd", '  <xs:element name="note">', f'{reach}<xs:element name="note">')
    with pytest.raises(FindingsError, match="reaches for another file"):
        Contract.load(folder)


def test_a_schema_with_a_doctype_is_refused(tmp_path: Path) -> None:
    folder = write_contract(tmp_path, "office.note")
    schema = folder / "schema.xsd"
    schema.write_text('<!DOCTYPE x [<!ENTITY y "z">]>' + schema.read_text())
    with pytest.raises(FindingsError, match="DOCTYPE"):
        Contract.load(folder)


def test_many_threads_get_their_own_verdict_and_explanation(contract: Contract, note: Note) -> None:
    # Given messages each wrong in its own way, and a right one
    changes = [
        (("<sex>1", "<sex>9"), "field note/sex"),
        (("2019-04-01", "x"), "field note/birth_date"),
        (("000000000000123", "x"), "field note/addressee_number"),
        (("<history_number>7", "<history_number>0"), "field note/history_number"),
        (None, None),
    ]
    surprises: list[str] = []

    def judge(position: int) -> None:
        for n in range(100):
            change, expected = changes[(position + n) % len(changes)]
            try:
                contract.validate(note(change) if change else note())
                detail = None
            except Refused as error:
                detail = error.detail
            if (detail is None) != (expected is None) or (expected and not str(detail).startswith(expected + ",")):
                surprises.append(f"{expected} became {detail}")

    # When eight threads validate them at once
    threads = [threading.Thread(target=judge, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then no thread sees the errors of another
    assert surprises == []
