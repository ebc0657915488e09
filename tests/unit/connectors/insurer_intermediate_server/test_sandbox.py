"""The simulated insurers' server: one key per number, and nothing but the number comes in (S:77, S:210)."""

import json
from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, refused

PATH = "/pmh-key-requests"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("insurer_intermediate_server", tmp_path)


def request(number: str = "621498320257", **more: object) -> bytes:
    return json.dumps({"myNumber": number, "requestId": "req-1", **more}).encode()


def test_a_number_has_one_key_also_after_a_restart(books: Books) -> None:
    first = books.post(PATH, request())
    books.restart()
    assert books.post(PATH, request()).body == first.body
    assert json.loads(books.post(PATH, request("100000000005")).body)["pmhKey"] != json.loads(first.body)["pmhKey"]
    assert [entry.effect for entry in books.effects()] == [True, True]


@pytest.mark.parametrize("more", [{"name": "x"}, {"medicalSubsidyInsurerNumber": "83141309"}, {"pmhKey": None}])
def test_anything_more_is_a_violation(books: Books, more: dict[str, object]) -> None:
    assert refused(books, PATH, request(**more)) == 422
    assert books.last().violation is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"myNumber":"621498320257","requestId":"a","requestId":"b"}', 400),
        (b'{"myNumber":NaN,"requestId":"a"}', 400),
        (request("621498320258"), 422),
        (request("62149832025"), 422),
        (b'{"myNumber":621498320257,"requestId":"a"}', 422),
        (b'{"myNumber":"621498320257"}', 422),
        (b"[]", 422),
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, body: bytes, status: int) -> None:
    assert refused(books, PATH, body) == status
    assert books.last().violation is None
