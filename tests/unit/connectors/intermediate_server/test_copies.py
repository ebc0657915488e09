"""Copies (副本) at the intermediate server: what is provided, and one record number for one content (F14, R28)."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.intermediate_server.sandbox.copies import sound
from hub.errors import Refused
from hub.ports.connector import Connector, Reply, SendContext, Wire
from tests.unit.connectors.books import Books, document, refused
from tests.unit.connectors.http.scripted import Scripted, ok
from tests.unit.connectors.routed import check, connector

KIND, PATH, OPERATION = "intermediate_server", "/copies", "intermediate_server.copy_registration"
COPY = document(KIND, OPERATION, "registered.xml")
CODE_REQUEST = document(KIND, "intermediate_server.code_request", "first.xml")
NUMBER, ITEM = "CP20260901000001", b"TM00000000000002"
OTHER_CONTENT = COPY.replace(b"3500", b"9900")
CHILD_SUBSIDY = b"TM00000000000046"  # 小児医療費助成: the real code is not public
CONTEXT = SendContext("key-1", "correlation-1")
Call = Callable[[Connector, Wire], object]


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """It has a code for the person of the samples."""
    found = Books(KIND, tmp_path)
    found.post("/code-requests", CODE_REQUEST)
    return found


def test_a_record_number_stands_for_one_content_also_after_a_restart(books: Books) -> None:
    first = books.post(PATH, COPY)
    assert first.status == 200
    for _ in range(2):
        again = books.post(PATH, COPY)
        assert (again.status, again.body, books.last().effect) == (200, first.body, False)
        assert refused(books, PATH, OTHER_CONTENT) == 409
        assert books.get(f"{PATH}/{NUMBER}").body == first.body
        books.restart()


@pytest.mark.rule("R28")
@pytest.mark.parametrize("code", [CHILD_SUBSIDY, b"TM00000000000099"])
def test_what_is_not_on_its_table_is_a_violation(books: Books, code: bytes) -> None:
    """R28: nothing of 小児医療費助成 is provided, and nothing else that has no basis."""
    assert refused(books, PATH, COPY.replace(ITEM, code)) == 422
    assert books.last().violation is not None


def test_a_person_without_a_code_has_no_copy(tmp_path: Path) -> None:
    assert refused(Books(KIND, tmp_path), PATH, COPY) == 409


@pytest.mark.rule("R3")
def test_an_individual_number_in_the_data_is_a_violation(books: Books) -> None:
    """R3."""
    assert refused(books, PATH, COPY.replace(b"3500", b"621498320257")) == 422
    assert books.last().violation is not None


@pytest.mark.parametrize(
    ("items", "good"),
    [
        ("<A1>1</A1>", True),
        ('<A1 xsi:nil="true" ReasonOfNull="NotConvered"/>', True),
        ('<A1 xsi:nil="true"/>', False),
        ('<A1 xsi:nil="true" ReasonOfNull="Lost"/>', False),
        ('<A1 xsi:nil="true" ReasonOfNull="NotAcceptable">1</A1>', False),
        ("<A1/>", False),
        ("<A1><B>1</B></A1>", False),
        ("<!-- -->", False),
        ("", False),
        ("<A1>", False),
    ],
)
def test_an_item_has_a_value_or_a_reason_why_not(books: Books, items: str, good: bool) -> None:
    data = f'<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{items}</data>'
    assert sound(data) == good
    body = re.sub(
        rb"<DuplicateCopyData>.*</DuplicateCopyData>",
        f"<DuplicateCopyData>{html.escape(data, quote=False)}</DuplicateCopyData>".encode(),
        COPY,
    )
    assert (books.post(PATH, body).status == 200) == good


def send(subject: Connector, wire: Wire) -> object:
    return subject.send(wire, CONTEXT)


def query(subject: Connector, wire: Wire) -> object:
    return subject.query(wire, CONTEXT)


def answered(body: bytes, answer: bytes, call: Call) -> list[Reply]:
    """What the connector makes of the server's answer about this copy."""
    with Scripted(ok(answer)).running() as server:
        subject = connector(KIND, server.url)
        found = call(subject, subject.encode(OPERATION, body))
        subject.close()
    assert server.requests[0].split(b" HTTP")[0] in (b"POST /copies", f"GET /copies/{NUMBER}".encode())
    assert isinstance(found, tuple)
    return check(found)


@pytest.mark.parametrize("call", [send, query])
def test_an_answer_about_the_very_copy_is_taken(books: Books, call: Call) -> None:
    answer = books.post(PATH, COPY).body
    assert [reply.type for reply in answered(COPY, answer, call)] == ["intermediate_server.copy_registered"]


@pytest.mark.parametrize("call", [send, query])
def test_a_used_record_number_is_no_success_for_other_content(books: Books, call: Call) -> None:
    """The server, asked after an unanswered send, has that number: but for what was registered before."""
    answer = books.post(PATH, COPY).body
    for other in (OTHER_CONTENT, COPY.replace(b"000000000700101", b"000000000700102")):
        with pytest.raises(Refused) as caught:
            answered(other, answer, call)
        assert caught.value.code == "deliver.rejected"
        assert NUMBER not in caught.value.detail


def test_an_answer_that_does_not_say_what_is_held_is_refused(books: Books) -> None:
    answer = re.sub(rb"<CopyDigest>\w+</CopyDigest>", b"", books.post(PATH, COPY).body)
    with pytest.raises(Refused) as caught:
        answered(COPY, answer, send)
    assert caught.value.code == "reply.invalid"
