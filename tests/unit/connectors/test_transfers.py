"""The simulated offices of other programmes: each takes its own item alone, in its newest state (F22, R32)."""

from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

OFFICES = {"disability_subsidy": b"30", "single_parent_subsidy": b"31"}


@pytest.fixture(params=OFFICES)
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    return Books(request.param, tmp_path)


@pytest.fixture
def transfer(books: Books) -> bytes:
    return document(books.kind, f"{books.kind}.transfer", "receiving.xml")


def test_a_transfer_is_acknowledged(books: Books, transfer: bytes) -> None:
    answer = books.post("/transfers", transfer)
    assert answer.status == 200
    assert transfer.partition(b"<transfer_number>")[2][:10] in answer.body


def test_an_older_state_does_not_follow_a_newer_one(books: Books, transfer: bytes) -> None:
    assert books.post("/transfers", transfer).status == 200
    books.restart()
    assert refused(books, "/transfers", transfer.replace(b">3<", b">2<")) == 409
    assert books.post("/transfers", transfer.replace(b">3<", b">4<")).status == 200


@pytest.mark.rule("R32")
def test_the_item_of_the_other_programme_is_refused(books: Books, transfer: bytes) -> None:
    (other,) = set(OFFICES.values()) - {OFFICES[books.kind]}
    own = b"<ordinance_item>" + OFFICES[books.kind] + b"<"
    assert own in transfer
    assert refused(books, "/transfers", transfer.replace(own, b"<ordinance_item>" + other + b"<")) == 422
    assert refused(books, "/transfers", transfer.replace(b"ordinance-19-11", b"ordinance-9-2")) == 422
    assert books.last().violation is None


def test_an_individual_number_is_a_violation(books: Books, transfer: bytes) -> None:
    number = b"<transfer_number>"
    place = transfer.index(number) + len(number)
    assert refused(books, "/transfers", transfer[:place] + b"621498320257" + transfer[place + 10 :]) == 422
    assert books.last().violation is not None
