"""The simulated platform: one integrated number per 個人番号, never a second one (R5)."""

import re
from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

KIND = "integration_platform"
ADULT = document(KIND, "integration_platform.numbering_request", "adult.xml")
NUMBER, OTHER = b"123456789018", b"100000000005"
CHANGE = document(KIND, "integration_platform.resident_change", "death.xml")


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(KIND, tmp_path)


def number_of(answer: bytes) -> bytes:
    found = re.search(rb"integrated_number>(\d{15})<", answer)
    assert found is not None
    return found[1]


@pytest.mark.rule("R5")
def test_the_same_individual_number_keeps_its_number_also_after_a_restart(books: Books) -> None:
    first = books.post("/numbering", ADULT)
    assert b"numbering_assigned" in first.body
    for _ in range(2):
        again = books.post("/numbering", ADULT)
        assert b"numbering_reused" in again.body
        assert number_of(again.body) == number_of(first.body)
        books.restart()
    # and another one gets another
    other = books.post("/numbering", ADULT.replace(NUMBER, OTHER))
    assert b"numbering_assigned" in other.body
    assert number_of(other.body) != number_of(first.body)


def test_the_books_do_not_name_the_individual_number(books: Books, tmp_path: Path) -> None:
    books.post("/numbering", ADULT)
    assert NUMBER not in (tmp_path / "ledger.jsonl").read_bytes()


def test_the_record_comes_back_with_an_acceptance_number_and_every_character(books: Books) -> None:
    sample = document(KIND, "integration_platform.resident_change", "birth-date-unknown.xml")
    first, second = books.post("/residents", sample), books.post("/residents", CHANGE)
    assert b"<acceptance_number>RA0000000001<" in first.body
    name = sample[sample.index(b"<name>") : sample.index(b"</name>")]
    assert len(name.decode()) < len(name) - 8  # characters beyond the usual ones are in it
    assert name in first.body
    assert b"<acceptance_number>RA0000000002<" in second.body


def test_an_older_record_is_taken_and_told(books: Books) -> None:
    newer = re.sub(rb"<history_number>\d+<", b"<history_number>9<", CHANGE)
    books.post("/residents", newer)
    books.restart()
    books.post("/residents", CHANGE)
    assert books.last().reordered
    assert books.last().effect


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (b"</person>", b"", 400),
        (b"<person", b"<!DOCTYPE person><person", 400),
        (b"</person>", b"<extra/></person>", 422),
        (NUMBER, b"123456789012", 422),
        (NUMBER, b"000000000000", 422),
        (NUMBER, "１２３４５６７８９０１８".encode(), 422),
        (b":v1", b":v2", 422),
        (b"<sex>2<", b"<sex>3<", 422),
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, before: bytes, after: bytes, status: int) -> None:
    assert before in ADULT
    assert refused(books, "/numbering", ADULT.replace(before, after)) == status
    assert books.last().violation is None
