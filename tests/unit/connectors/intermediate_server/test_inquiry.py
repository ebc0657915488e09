"""F10 at the intermediate server: an inquiry is sent once and asked after (R33); its refusals say what to do next."""

from pathlib import Path

import pytest

from connectors.http.endpoint import Response
from connectors.intermediate_server.inquiry import result
from hub.errors import InDoubt, Pending, Refused
from hub.ports.connector import SendContext
from tests.unit.connectors.books import Books, document
from tests.unit.connectors.http.scripted import Scripted, ok, status
from tests.unit.connectors.routed import connector

KIND = "intermediate_server"
ASKED = document(KIND, "intermediate_server.information_inquiry", "ordinary.xml")
CODE = document(KIND, "intermediate_server.code_request", "first.xml")
SAID = (Path(__file__).parents[4] / "schemas/intermediate_server.information_result/v1/valid/normal.xml").read_bytes()
CONTEXT = SendContext("key-1", "correlation-1")
OPERATION = "intermediate_server.information_inquiry"


def refused(code: str) -> Response:
    text = "指定された団体内統合宛名番号「０００００００００７００１０１」は符号が未取得です。"
    return Response(
        409, f"<informationRefused><ErrorCode>{code}</ErrorCode><E>{text}</E></informationRefused>".encode()
    )


def test_no_result_yet_is_asked_after_again() -> None:
    with pytest.raises(Pending) as caught:
        result(ASKED, Response(202, b""))
    assert caught.value.code == "deliver.pending"


@pytest.mark.rule("R24")
@pytest.mark.parametrize(
    ("code", "kind", "becomes"),
    [
        ("CODE_NOT_OBTAINED", Pending, "inquiry.no_code"),
        ("NOT_PERMITTED", Refused, "inquiry.not_permitted"),
        ("RECORD_EXISTS", InDoubt, "deliver.in_doubt"),
        ("ANYTHING_ELSE", Refused, "deliver.rejected"),
        ("", Refused, "deliver.rejected"),
    ],
)
def test_r24_each_refusal_has_its_own_next_step_and_quotes_nobody(code: str, kind: type, becomes: str) -> None:
    with pytest.raises(kind) as caught:
        result(ASKED, refused(code))
    assert caught.value.code == becomes
    assert "７００１０１" not in str(caught.value)


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    "was", [b"000000000700101", b"IQ20260901000001", b"0013101000000000", b"TM00000000000002"],
    ids=["person", "record", "provider", "data item"],
)  # fmt: skip
def test_r9_a_result_about_anything_else_is_refused(was: bytes) -> None:
    (reply,) = result(ASKED, Response(200, SAID))
    assert reply.type == "intermediate_server.information_result"

    with pytest.raises(Refused, match=r"reply\.invalid"):
        result(ASKED, Response(200, SAID.replace(was, was[:-1] + b"9")))


@pytest.mark.rule("R33")
def test_r33_a_question_asks_by_record_number_and_sends_nothing() -> None:
    with Scripted(status(202)).running() as server:
        subject = connector(KIND, server.url)
        with pytest.raises(Pending):
            subject.query(subject.encode(OPERATION, ASKED), CONTEXT)
        subject.close()
    assert server.requests[0].startswith(b"GET /inquiries/IQ20260901000001 HTTP")


def test_the_result_may_come_at_once_or_to_a_question() -> None:
    with Scripted(ok(SAID), ok(SAID)).running() as server:
        subject = connector(KIND, server.url)
        wire = subject.encode(OPERATION, ASKED)
        sent, asked = subject.send(wire, CONTEXT), subject.query(wire, CONTEXT)
        subject.close()
    assert sent == asked
    assert [reply.document for reply in sent] == [SAID]


def test_the_simulated_server_notes_a_second_inquiry_as_a_violation(tmp_path: Path) -> None:
    books = Books(KIND, tmp_path)
    assert books.post("/inquiries", ASKED).status == 409  # nobody has asked for the code
    books.post("/code-requests", CODE)
    assert books.post("/inquiries", ASKED).status == 202
    books.restart()

    again = books.post("/inquiries", ASKED)

    assert again.status == 409
    assert "R33" in (books.last().violation or "")
