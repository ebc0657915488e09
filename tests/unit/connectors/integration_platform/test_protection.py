"""The simulated platform decides for whom there is no automatic answer, over the measures of all sources (F13, R26)."""

import re
from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

KIND, PATH, HELD_PATH = "integration_platform", "/protection-measures", "/no-auto-answer-held"
ADULT = document(KIND, "integration_platform.numbering_request", "adult.xml")
HELD = document(KIND, "integration_platform.no_auto_answer_held", "person-protected.xml")


def measure(name: str, **changes: str) -> bytes:
    """A sample with the texts of some elements changed."""
    body = document(KIND, "integration_platform.protection_measure", name + ".xml")
    for element, text in changes.items():
        body, count = re.subn(rb"<%s>[^<]*<" % element.encode(), f"<{element}>{text}<".encode(), body)
        assert count == 1, element
    return body


SET, RELEASE = measure("person-protected"), measure("person-released")
BY_REGISTRY = measure("person-protected", source="resident_registry", act_number="SS20260003")


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """It knows the person of the samples by 宛名番号."""
    found = Books(KIND, tmp_path)
    found.post("/numbering", ADULT)
    return found


def decision(books: Books, body: bytes) -> tuple[bool, int]:
    """Suppressed or not, and the version of that."""
    answer = books.post(PATH, body)
    assert answer.status == 200
    found = re.search(rb"suppressed>(true|false)<.*version>(\d+)<", answer.body)
    assert found is not None
    return found[1] == b"true", int(found[2])


def test_a_measure_is_set_and_released_also_after_a_restart(books: Books) -> None:
    assert decision(books, SET) == (True, 1)
    books.restart()
    assert decision(books, RELEASE) == (False, 2)
    assert decision(books, measure("person-set-again")) == (True, 3)


@pytest.mark.rule("R26")
def test_a_person_an_item_and_an_item_of_a_person_are_apart(books: Books) -> None:
    """R26: per individual or per 特定個人情報."""
    for name in ("person-protected", "item", "item-of-person"):
        assert decision(books, measure(name)) == (True, 1)
    assert decision(books, measure("item", action="release", version="4", act_number="KH20260099")) == (False, 2)
    assert decision(books, measure("person-protected", version="5")) == (True, 2)


def test_a_release_ends_the_measure_of_its_own_source_only(books: Books) -> None:
    assert decision(books, SET) == (True, 1)
    assert decision(books, BY_REGISTRY) == (True, 2)
    assert decision(books, RELEASE) == (True, 3)
    over = measure("person-released", source="resident_registry", act_number="SS20270001")
    assert decision(books, over) == (False, 4)


def test_two_addressee_numbers_of_one_person_are_one_target(books: Books) -> None:
    """The same 個人番号 has the same number (R5), so a measure on either record protects the person."""
    other = "000000000000777"
    books.post("/numbering", ADULT.replace(b"000000000000101", other.encode()))
    assert decision(books, SET) == (True, 1)
    assert decision(books, measure("person-protected", addressee_number=other)) == (True, 2)
    assert decision(books, RELEASE) == (True, 3)


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_older_or_equal_act_changes_nothing(books: Books, version: str) -> None:
    books.post(PATH, SET)
    books.post(PATH, RELEASE)
    late = measure("person-set-again", version=version)
    assert refused(books, PATH, late) == 409


def test_a_release_needs_a_measure_that_stands_and_an_act_of_its_own(books: Books) -> None:
    assert refused(books, PATH, RELEASE) == 409
    books.post(PATH, SET)
    assert refused(books, PATH, measure("person-released", act_number="KH20260001")) == 409
    assert refused(books, PATH, measure("person-released", source="resident_registry")) == 409
    books.post(PATH, RELEASE)
    assert refused(books, PATH, measure("person-released", version="3", act_number="KH20270010")) == 409


@pytest.mark.rule("R9")
def test_a_person_is_found_by_addressee_number_or_not_at_all(books: Books) -> None:
    """R9: 個人番号 is no part of it, and somebody without a number has no flag."""
    assert refused(books, PATH, measure("person-protected", addressee_number="000000000000999")) == 409
    with_number = SET.replace(b"<action>", b"<individual_number>123456789018</individual_number><action>")
    assert refused(books, PATH, with_number) == 422


def test_neither_person_nor_item_is_refused(books: Books) -> None:
    nobody = re.sub(rb"<addressee_number>\d+</addressee_number>", b"", SET)
    assert refused(books, PATH, nobody) == 422


def test_why_somebody_is_protected_is_no_part_of_it(books: Books) -> None:
    reason = SET.replace(b"<version>", b"<reason_class>domestic_violence</reason_class><version>")
    assert refused(books, PATH, reason) == 422


def test_what_the_server_holds_must_be_what_was_decided(books: Books) -> None:
    answer = books.post(PATH, SET).body
    number = re.search(rb"integrated_number>(\d{15})<", answer)
    assert number is not None
    held = re.sub(rb"\d{15}", number[1], HELD)
    assert refused(books, HELD_PATH, held.replace(b">true<", b">false<")) == 409
    assert refused(books, HELD_PATH, held.replace(b"<version>1<", b"<version>2<")) == 409
    assert books.post(HELD_PATH, held).status == 204
