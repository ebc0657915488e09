"""The simulated health insurance system: by whom a person is insured depends on the day; its numbers are sound."""

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.health_insurance.sandbox import register
from hub.check_digits import luhn
from hub.sandbox import numbers
from tests.unit.connectors.books import Books, document, refused

INQUIRY = document("health_insurance", "health_insurance.inquiry", "newborn.xml")
SPACE = "{urn:renkei:health_insurance.answer:v1}"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("health_insurance", tmp_path)


def asked(books: Books, person: str, day: str, number: str) -> dict[str, str]:
    body = INQUIRY.decode().replace("000000000000101", person).replace(">2026-09-01<", f">{day}<")
    answer = books.post("/inquiries", body.replace("IA00000001", number).encode())
    return {each.tag.removeprefix(SPACE): each.text or "" for each in ElementTree.fromstring(answer.body)}  # noqa: S314 - its own


def test_who_changed_insurers_is_with_the_new_one_from_the_day_the_old_one_ended(books: Books) -> None:
    person = next(p for p in map(numbers.padded, range(1000)) if len(register(p)) == 2)
    first, second = register(person)
    assert first.lost_on is not None
    before = asked(books, person, (first.lost_on - timedelta(days=1)).isoformat(), "IA90000001")
    after = asked(books, person, first.lost_on.isoformat(), "IA90000002")
    assert (before["health_insurer_number"], before["lost_on"]) == (first.insurer, first.lost_on.isoformat())
    assert (after["health_insurer_number"], after["acquired_on"]) == (second.insurer, first.lost_on.isoformat())
    assert len(after["health_insurer_number"]) == 6  # 国保


def test_before_the_first_insurance_there_is_none(books: Books) -> None:
    person = next(p for p in map(numbers.padded, range(1000)) if register(p))
    day = register(person)[0].acquired_on - timedelta(days=1)
    told = asked(books, person, day.isoformat(), "IA90000003")
    assert told["qualification"] == "2"
    assert not {"health_insurer_number", "insured_mark", "acquired_on"} & told.keys()


def test_every_insurer_number_has_its_check_digit() -> None:
    insurers = {one.insurer for serial in range(300) for one in register(numbers.padded(serial))}
    assert len(insurers) == 4
    assert all(luhn(insurer) for insurer in insurers)


def test_an_inquiry_number_stands_for_one_question(books: Books) -> None:
    books.post("/inquiries", INQUIRY)
    assert refused(books, "/inquiries", INQUIRY.replace(b"000000000000101", b"000000000000102")) == 409


def test_an_individual_number_is_a_violation(books: Books) -> None:
    assert refused(books, "/inquiries", INQUIRY.replace(b"IA00000001", b"621498320257")) == 422
    assert books.last().violation is not None
