"""The simulated intermediate server: one processing number per request, and never a 個人番号 (R3, R6)."""

from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

FIRST = document("intermediate_server", "intermediate_server.code_request", "first.xml")
NUMBER = b"000000000700101"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("intermediate_server", tmp_path)


@pytest.mark.rule("R6")
def test_a_request_has_one_processing_number_also_after_a_restart(books: Books) -> None:
    first = books.post("/code-requests", FIRST, "one key")
    for key in ("one key", "another key"):
        books.restart()
        assert books.post("/code-requests", FIRST, key).body == first.body
        assert books.get("/code-requests/FGU000000000700101").body == first.body
    assert len(books.effects()) == 1
    # and the next one gets the next
    other = books.post("/code-requests", FIRST.replace(NUMBER, b"000000000700199"))
    assert b">SY00000000000001<" in first.body
    assert b">SY00000000000002<" in other.body


def test_what_it_does_not_have_is_not_there(books: Books) -> None:
    assert books.get("/code-requests/FGU000000000700101").status == 404


@pytest.mark.rule("R6")
def test_one_number_has_no_second_request(books: Books) -> None:
    books.post("/code-requests", FIRST)
    assert refused(books, "/code-requests", FIRST.replace(b"FGU" + NUMBER, b"FGU22")) == 409


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"</codeRequest>", b"<myNumber>621498320257</myNumber></codeRequest>"),
        (b"FGU" + NUMBER, b"FGU621498320257"),
        (NUMBER + b"</Int", b"621498320257</Int"),
        (b"<codeRequest", b"<!-- 621498320257 --><codeRequest"),
    ],
)
def test_an_individual_number_is_a_violation(books: Books, before: bytes, after: bytes) -> None:
    assert before in FIRST
    assert refused(books, "/code-requests", FIRST.replace(before, after)) == 422
    assert books.last().violation is not None


def test_a_wrong_request_is_no_violation(books: Books) -> None:
    assert refused(books, "/code-requests", FIRST.replace(b"</codeRequest>", b"<a/></codeRequest>")) == 422
    assert books.last().violation is None
