"""The simulated PMH: never an older history over a newer one, and one key per number (R1, R46)."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.pmh import registration
from tests.unit.connectors.books import Books, document, refused

TASKS, BINDINGS = "/postRegistrationTasks", "/key-bindings"
CHILD = registration.encode(document("pmh", "pmh.registration", "child.xml"))
BINDING = b'{"pmhKey":"K000000000000101","myNumber":"621498320257"}'


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("pmh", tmp_path)


def changed(**values: Any) -> bytes:
    (record,) = json.loads(CHILD)
    return json.dumps([record | values], ensure_ascii=False).encode()


def register(books: Books, body: bytes = CHILD) -> tuple[dict[str, Any], list[Any]]:
    """The one result, and the keys asked for."""
    answer = json.loads(books.post(TASKS, body).body)
    (result,) = answer["results"]
    return result, answer["keyRequired"]


@pytest.mark.rule("R1")
def test_a_key_is_asked_for_until_one_is_bound_also_after_a_restart(books: Books) -> None:
    """The answer that asked first may have been lost on its way."""
    for version in ("1001", "1002", "1003"):
        result, wanted = register(books, changed(historyKey=version))
        assert (result["status"], len(wanted)) == ("accepted", 1)
        books.restart()

    assert books.post(BINDINGS, BINDING).status == 204

    assert register(books, changed(historyKey="1004"))[1] == []


@pytest.mark.rule("R1")
def test_a_number_with_a_key_needs_none(books: Books) -> None:
    assert books.post(BINDINGS, BINDING).status == 204
    books.restart()
    assert register(books)[1] == []


@pytest.mark.rule("R1")
def test_a_number_keeps_its_key_and_a_key_its_number(books: Books) -> None:
    books.post(BINDINGS, BINDING)
    books.restart()
    assert refused(books, BINDINGS, BINDING) == 204  # known already
    assert refused(books, BINDINGS, BINDING.replace(b"101", b"102")) == 409
    assert refused(books, BINDINGS, BINDING.replace(b"621498320257", b"100000000005")) == 409


@pytest.mark.parametrize("version", ["1001", "1000", "1"])
def test_an_older_history_is_rejected_also_after_a_restart(books: Books, version: str) -> None:
    register(books)
    books.restart()
    result, _wanted = register(books, changed(historyKey=version, isDeleted=True))
    assert (result["status"], result["errorCode"]) == ("rejected", "E0201")
    assert [entry.version for entry in books.effects()] == [1001]


def test_another_certificate_has_a_history_of_its_own(books: Books) -> None:
    register(books)
    assert register(books, changed(orgSpecificCertificateTypeId="OTHER", historyKey="1"))[0]["status"] == "accepted"


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"myNumber": "621498320258"}, "E0102"),
        ({"validFrom": "2026-02-30"}, "E0103"),
        ({"validFrom": "2027-09-01"}, "E0104"),
    ],
)
def test_a_wrong_record_is_rejected_with_its_reason(books: Books, values: dict[str, Any], code: str) -> None:
    result, wanted = register(books, changed(**values))
    assert (result["status"], result["errorCode"], wanted) == ("rejected", code, [])
    assert books.effects() == []


@pytest.mark.parametrize(
    "values",
    [
        {"extra": "x"},
        {"myNumber": "62149832025"},
        {"isDeleted": "false"},
        {"basicFiveInfo": {}},
        {"certificationDetail": [{"item": "a"}]},
        {"historyKey": 1001},
        {"medicalSubsidyInsurerNumber": "8314130"},
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, values: dict[str, Any]) -> None:
    assert refused(books, TASKS, changed(**values)) == 422
    assert books.last().violation is None


@pytest.mark.rule("R46")
@pytest.mark.parametrize("body", [b"[]", CHILD[1:-1], b"[" + CHILD[1:-1] + b"," + CHILD[1:-1] + b"]"])
def test_arrays_of_one_record_are_taken(books: Books, body: bytes) -> None:
    assert refused(books, TASKS, body) == 422


def test_an_addressee_number_is_a_violation(books: Books) -> None:
    assert refused(books, TASKS, changed(certificationName="000000000000101")) == 422
    assert books.last().violation is not None
    assert refused(books, BINDINGS, BINDING.replace(b"}", b',"addressee":"1"}')) == 422
    assert books.last().violation is not None


def test_the_books_name_no_number_where_no_key_is_asked_for(books: Books, tmp_path: Path) -> None:
    books.post(BINDINGS, BINDING)
    register(books)
    assert b"621498320257" not in (tmp_path / "ledger.jsonl").read_bytes()


def test_its_ids_have_no_digits_that_might_be_a_number(books: Books) -> None:
    for version in range(1001, 1021):
        result, (wanted,) = register(books, changed(historyKey=str(version)))

        assert not any(character.isdigit() for character in result["taskId"] + wanted["requestId"])
