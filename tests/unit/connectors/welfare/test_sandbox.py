"""The simulated welfare system: it holds no integrated number, and results name nobody by 個人番号 (table 1.0)."""

import re
from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

CHANGE = document("welfare", "welfare.resident_change", "death.xml")
NUMBERED = document("welfare", "welfare.numbering_result", "assigned.xml")
REGISTERED = document("welfare", "welfare.eligibility_result", "rejected.xml")


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("welfare", tmp_path)


@pytest.mark.parametrize(
    ("path", "body", "end", "more"),
    [
        ("resident-change", CHANGE, b"</change>", b"<integrated_number>000000000700101</integrated_number>"),
        ("numbering-result", NUMBERED, b"</result>", b"<processing_number>SY00000000000101</processing_number>"),
        ("numbering-result", NUMBERED, b"</result>", b"<individual_number>621498320257</individual_number>"),
        ("eligibility-result", REGISTERED, b"</error_message>", b"621498320257</error_message>"),
    ],
)
def test_what_must_not_reach_it_is_a_violation(books: Books, path: str, body: bytes, end: bytes, more: bytes) -> None:
    assert end in body
    with_more = body.replace(end, more if more.endswith(end) else more + end)
    assert refused(books, f"/messages/{path}", with_more) == 422
    assert books.last().violation is not None


def test_an_older_record_is_taken_and_told(books: Books) -> None:
    books.post("/messages/resident-change", re.sub(rb"<history_number>\d+<", b"<history_number>9<", CHANGE))
    assert not books.last().reordered
    books.restart()
    books.post("/messages/resident-change", CHANGE)
    assert books.last().reordered


@pytest.mark.parametrize(("before", "after"), [(b"assigned", b"guessed"), (b"</result>", b"<a/></result>")])
def test_what_its_interface_does_not_know_is_refused(books: Books, before: bytes, after: bytes) -> None:
    assert refused(books, "/messages/numbering-result", NUMBERED.replace(before, after)) == 422
    assert books.last().violation is None


def test_an_insurer_number_without_its_check_digit_is_refused(books: Books) -> None:
    answer = document("welfare", "welfare.insurance_answer", "company.xml")
    assert books.post("/messages/insurance-answer", answer).status == 204
    assert refused(books, "/messages/insurance-answer", answer.replace(b"06130488", b"06130489")) == 422
