"""The simulated public assistance system: what it answers depends on the person and the day, by its own register."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.public_assistance.sandbox import Period, register
from hub.sandbox import numbers
from tests.unit.connectors.books import Books, document, refused

INQUIRY = document("public_assistance", "public_assistance.inquiry", "newborn.xml")
DAY, PERSON, NUMBER = b"2026-09-01", b"000000000000101", b"SA00000001"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("public_assistance", tmp_path)


def recipient(ended: bool) -> tuple[str, Period]:
    """Somebody who was on assistance, for ever or until a day."""
    for serial in range(1, 2000):
        for period in register(numbers.padded(serial)):
            if (period.ended_on is not None) == ended:
                return numbers.padded(serial), period
    raise AssertionError("nobody")


def asked(books: Books, person: str, day: str, number: bytes) -> str:
    body = INQUIRY.replace(PERSON, person.encode()).replace(b">" + DAY + b"<", f">{day}<".encode())
    return books.post("/inquiries", body.replace(NUMBER, number)).body.decode()


def test_the_answer_depends_on_the_day(books: Books) -> None:
    person, period = recipient(ended=True)
    assert period.ended_on is not None
    days = {
        period.started_on - timedelta(days=1): "0",
        period.started_on: "1",
        period.ended_on: "1",
        period.ended_on + timedelta(days=1): "0",
    }
    told = {day: asked(books, person, day.isoformat(), f"SA9000000{n}".encode()) for n, day in enumerate(days)}
    assert {day: answer.partition("<receiving>")[2][0] for day, answer in told.items()} == days
    # and nothing is told of a time that was not asked about
    assert "started_on" not in told[period.started_on - timedelta(days=1)]


def test_most_are_on_no_assistance(books: Books) -> None:
    shares = [bool(register(numbers.padded(serial))) for serial in range(1000)]
    assert 50 < sum(shares) < 300
    person, period = recipient(ended=False)
    assert "ended_on" not in asked(books, person, (period.started_on + timedelta(days=9000)).isoformat(), NUMBER)


def test_an_inquiry_number_stands_for_one_question(books: Books) -> None:
    assert books.post("/inquiries", INQUIRY).status == 200
    books.restart()
    assert books.post("/inquiries", INQUIRY).status == 200  # the same again, under another key
    assert len(books.effects()) == 1
    assert refused(books, "/inquiries", INQUIRY.replace(PERSON, b"000000000000102")) == 409
    assert refused(books, "/inquiries", INQUIRY.replace(b">" + DAY, b">2026-09-02")) == 409


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b">" + DAY + b"<", b">2026-02-30<"),
        (b"ordinance-9-2", b"article-19-8"),
        (b"<legal_basis>ordinance-9-2</legal_basis>", b""),
        (b"</inquiry>", b"<name>x</name></inquiry>"),
    ],
)
def test_what_is_no_inquiry_is_refused(books: Books, before: bytes, after: bytes) -> None:
    assert before in INQUIRY
    assert refused(books, "/inquiries", INQUIRY.replace(before, after)) == 422
    assert books.last().violation is None


def test_an_individual_number_is_a_violation(books: Books) -> None:
    assert refused(books, "/inquiries", INQUIRY.replace(b"SA00000001", b"621498320257")) == 422
    assert books.last().violation is not None
