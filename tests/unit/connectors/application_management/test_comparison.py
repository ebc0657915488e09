"""The simulated application management system compares records with applications and closes none that differs (R19)."""

from pathlib import Path

import pytest

from hub.sandbox.applications import child_of, reception_number, written
from tests.unit.connectors.books import Books, document, refused

RECORDS, CLOSINGS = "/registered-records", "/registration-closings"
NUMBER = reception_number(7)
SAMPLE = document("application_management", "application_management.registered_record", "match.xml")


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("application_management", tmp_path)


def record(version: int, number: str = NUMBER, **wrong: str) -> bytes:
    items = "".join(f"<{name}>{text}</{name}>" for name, text in (dict(written(number)) | wrong).items())
    return (
        '<record xmlns="urn:renkei:application_management.registered_record:v1">'
        f"<reception_number>{number}</reception_number><addressee_number>{child_of(number)}</addressee_number>"
        f"<record_version>{version}</record_version><registered_at>2026-09-01T11:00:00+09:00</registered_at>{items}</record>"
    ).encode()


def closing(books: Books, version: int) -> tuple[str, str]:
    """Outcome and reason."""
    body = (
        '<closing xmlns="urn:renkei:application_management.registration_closing:v1">'
        f"<reception_number>{NUMBER}</reception_number><record_version>{version}</record_version>"
        "<asked_at>2026-09-03T11:00:00+09:00</asked_at></closing>"
    ).encode()
    said = books.post(CLOSINGS, body).body.decode()
    return said.partition("<outcome>")[2].partition("<")[0], said.partition("<reason>")[2].partition("<")[0]


def compared(books: Books, body: bytes) -> str:
    return books.post(RECORDS, body).body.decode()


@pytest.mark.rule("R19")
@pytest.mark.parametrize("item", sorted(written(NUMBER)))
def test_r19_each_item_that_differs_is_named_and_what_stands_in_it_is_not(books: Books, item: str) -> None:
    wrong = {"child_birth_date": "2001-01-01", "health_insurer_number": "138057"}.get(item, "まちがい")
    said = compared(books, record(1, **{item: wrong}))
    assert "application_management.mismatched" in said
    assert f"<item>{item}</item>" in said
    assert said.count("<item>") == 1
    assert wrong not in said
    assert written(NUMBER)[item] not in said


@pytest.mark.rule("R19")
def test_r19_no_case_is_closed_before_its_record_matches(books: Books) -> None:
    assert closing(books, 1) == ("refused", "not_compared")
    compared(books, record(1, child_name="川崎　花子"))
    assert closing(books, 1) == ("refused", "mismatch")
    books.restart()
    assert closing(books, 1) == ("refused", "mismatch")
    assert "application_management.matched" in compared(books, record(2))
    assert closing(books, 1) == ("refused", "version")
    assert closing(books, 2) == ("closed", "")
    books.restart()
    assert closing(books, 2) == ("closed", "")
    assert [entry.operation.rpartition("_")[2] for entry in books.effects()] == ["record", "record", "closing"]


@pytest.mark.rule("R19")
def test_r19_a_stale_record_does_not_undo_a_match_or_a_mismatch(books: Books) -> None:
    compared(books, record(2))
    assert refused(books, RECORDS, record(1, child_name="x")) == 409
    assert refused(books, RECORDS, record(2, child_name="x")) == 409  # the same version with other content
    assert closing(books, 2) == ("closed", "")
    assert refused(books, RECORDS, record(3, child_name="x")) == 409  # the case is closed


def test_an_application_nobody_made_is_refused(books: Books) -> None:
    number = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    assert refused(books, RECORDS, record(1, number)) == 422


def test_a_trailing_blank_is_a_difference(books: Books) -> None:
    assert "<item>child_name</item>" in compared(books, record(1, child_name=written(NUMBER)["child_name"] + " "))
