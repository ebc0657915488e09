"""The simulated portal: statuses go forward, one way, and nobody's number arrives."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.connectors.books import Books, refused

PATH = "/applicationStatuses"
NUMBER = "2026000000000014"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("myna_portal", tmp_path)


def status(version: int, code: str, called: str, **more: Any) -> bytes:
    members = {
        "receptionNumber": NUMBER,
        "statusVersion": version,
        "applicationStatusCode": code,
        "applicationStatusName": called,
        "changedAt": "2026-09-01T10:00:00+09:00",
    }
    return json.dumps(members | more, ensure_ascii=False).encode()


@pytest.mark.rule("R20")
def test_r20_a_stale_version_is_rejected_and_the_newest_stays(books: Books) -> None:
    for body in (status(1, "01", "受付"), status(2, "02", "審査中"), status(4, "06", "完了")):
        assert books.post(PATH, body).status == 204
    books.restart()
    assert refused(books, PATH, status(3, "03", "補正依頼")) == 409
    assert refused(books, PATH, status(4, "04", "却下")) == 409  # the same version with other content
    assert books.post(PATH, status(4, "06", "完了")).status == 204  # known, under another key
    assert [entry.version for entry in books.effects()] == [1, 2, 4]


@pytest.mark.rule("R20")
def test_r20_a_step_that_was_left_out_is_noticed(books: Books) -> None:
    books.post(PATH, status(1, "01", "受付"))
    assert refused(books, PATH, status(3, "06", "完了")) == 422
    books.post(PATH, status(2, "05", "取下げ"))
    assert refused(books, PATH, status(3, "02", "審査中")) == 422


@pytest.mark.parametrize(
    "body",
    [
        status(1, "01", "完了"),
        status(1, "07", "受付"),
        status(0, "01", "受付"),
        status(1, "01", "受付", statusVersion=True),
        status(1, "01", "受付", changedAt="2026-02-30T10:00:00+09:00"),
        status(1, "01", "受付", name="x"),
        status(1, "01", "受付", municipalityComment=""),
        b"[]",
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, body: bytes) -> None:
    assert refused(books, PATH, body) == 422
    assert books.last().violation is None


@pytest.mark.rule("R3")
@pytest.mark.parametrize("number", ["621498320257", "000000000000101"])
def test_r3_a_number_of_a_person_is_a_violation(books: Books, number: str) -> None:
    assert refused(books, PATH, status(1, "01", "受付", municipalityComment=f"番号 {number}")) == 422
    assert books.last().violation is not None
