"""The intermediate server is asked by MsgId about what it did not answer (promise 8)."""

import pytest

from hub.errors import Refused, Retryable
from hub.ports.connector import SendContext
from tests.unit.connectors.http.scripted import Scripted, ok, status
from tests.unit.connectors.routed import connector, routed

CONTEXT = SendContext("key-1", "correlation-1")
SAMPLE = routed("intermediate_server")[0]
ANSWER = b'<codeAccepted xmlns="urn:renkei:intermediate_server.code_accepted:v1"/>'


def test_it_is_asked_under_the_message_id_of_the_document() -> None:
    with Scripted(ok(ANSWER), status(404)).running() as server:
        subject = connector("intermediate_server", server.url)
        wire = subject.encode(SAMPLE.operation, SAMPLE.document)
        assert wire.content == SAMPLE.document
        found = subject.query(wire, CONTEXT)
        assert found is not None
        assert [reply.document for reply in found] == [ANSWER]
        assert subject.query(wire, CONTEXT) is None
        subject.close()
    assert [request.split(b" HTTP")[0] for request in server.requests] == [b"GET /code-requests/FGU000000000700101"] * 2


def test_an_answer_of_another_kind_is_refused_to_both_questions() -> None:
    with Scripted(ok(b"<a/>"), ok(b"<a/>")).running() as server:
        subject = connector("intermediate_server", server.url)
        wire = subject.encode(SAMPLE.operation, SAMPLE.document)
        for call in (subject.send, subject.query):
            with pytest.raises(Refused) as caught:
                call(wire, CONTEXT)
            assert caught.value.code == "reply.invalid"
        subject.close()


@pytest.mark.rule("R29")
def test_only_the_own_bodys_server_is_talked_to() -> None:
    """R29: a message for another server, or an answer that points to one, goes nowhere."""
    foreign = SAMPLE.document.replace(b">CHUKAN<", b">OTHER<")
    assert foreign != SAMPLE.document
    with Scripted(ok(ANSWER)).running() as other:
        with Scripted(status(307, f"Location: {other.url}/code-requests")).running() as server:
            subject = connector("intermediate_server", server.url)
            with pytest.raises(Refused):
                subject.encode(SAMPLE.operation, foreign)
            with pytest.raises(Refused) as caught:
                subject.send(subject.encode(SAMPLE.operation, SAMPLE.document), CONTEXT)
            subject.close()
        assert caught.value.code == "deliver.rejected"
        assert other.requests == []


def test_each_operation_is_asked_about_at_its_own_place() -> None:
    answer = b'<noAutoAnswerHeld xmlns="urn:renkei:intermediate_server.no_auto_answer_held:v1"/>'
    flag = next(each for each in routed("intermediate_server") if each.name == "person-set-again.xml")
    with Scripted(ok(answer)).running() as server:
        subject = connector("intermediate_server", server.url)
        found = subject.query(subject.encode(flag.operation, flag.document), CONTEXT)
        assert found is not None
        assert [reply.type for reply in found] == ["intermediate_server.no_auto_answer_held"]
        subject.close()
    assert server.requests[0].startswith(b"GET /no-auto-answer/NAA000000000700101V3 HTTP")


def test_a_question_that_is_not_answered_is_asked_again() -> None:
    with Scripted(status(500)).running() as server:
        subject = connector("intermediate_server", server.url)
        with pytest.raises(Retryable):
            subject.query(subject.encode(SAMPLE.operation, SAMPLE.document), CONTEXT)
        subject.close()
