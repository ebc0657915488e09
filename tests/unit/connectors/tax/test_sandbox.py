"""The simulated tax system: asked by number, list or one by one, it says the same, and checks what it gets."""

from pathlib import Path

import pytest

from connectors.tax import sandbox
from connectors.tax.lists import listed
from tests.unit.connectors.books import Books, document, refused


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("tax", tmp_path)


@pytest.fixture
def inquiry() -> bytes:
    return document("tax", "tax.income_inquiry", "examination.xml")


@pytest.fixture
def file() -> bytes:
    return listed(document("tax", "tax.income_list", "three.xml"))


def test_an_inquiry_is_answered_about_whom_it_asked(books: Books, inquiry: bytes) -> None:
    answer = books.post("/queue", inquiry)
    assert answer.status == 200
    assert b"000000000000101" in answer.body


def test_a_number_stands_for_one_question(books: Books, inquiry: bytes) -> None:
    assert books.post("/queue", inquiry).status == 200
    books.restart()
    assert refused(books, "/queue", inquiry.replace(b"000000000000101", b"000000000000109")) == 409
    assert books.post("/queue", inquiry).status == 200
    assert [entry.effect for entry in books.effects()] == [True]


def test_a_list_has_a_file_of_answers(books: Books, file: bytes, tmp_path: Path) -> None:
    assert books.post("/files", file).status == 200
    (answers,) = (tmp_path / "tray" / "from_partner").iterdir()
    assert answers.name == "correlation_answers.csv"
    assert answers.read_bytes().count(b"\r\n") == 5


@pytest.mark.parametrize(
    ("old", "new"), [(b"T,3,306", b"T,3,307"), (b"T,3,", b"T,2,"), (b"D,2,", b"X,2,"), (b"20260101", b"20260230")]
)
def test_a_list_with_a_fault_is_refused(books: Books, file: bytes, old: bytes, new: bytes) -> None:
    assert old in file
    assert refused(books, "/files", file.replace(old, new)) == 422


def test_an_individual_number_is_a_violation(books: Books, inquiry: bytes, file: bytes) -> None:
    assert refused(books, "/queue", inquiry.replace(b"000000000000101", b"621498320257")) == 422
    assert books.last().violation is not None
    assert refused(books, "/files", file.replace("花子".encode("cp932"), b"621498320257")) == 422
    assert books.last().violation is not None


def test_all_that_can_be_known_of_people_occurs() -> None:
    found = [sandbox.known(f"{number:015d}", "2026") for number in range(400)]
    levies = {(one[1] > 0, one[2] > 0) for one in found if not isinstance(one, str)}
    assert {one for one in found if isinstance(one, str)} == {"elsewhere", "abroad", "no_record"}
    assert levies == {(False, False), (False, True), (True, True), (True, False)}
