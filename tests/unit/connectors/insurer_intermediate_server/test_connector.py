"""The insurers' server: 個人番号 goes out, PMHキー and 個人番号 come in, and nothing else either way (S:210, R2)."""

import pytest

from connectors.insurer_intermediate_server.connector import encode, replies
from hub.errors import Refused
from tests.unit.connectors.routed import check, routed

SENT = b'{"myNumber":"621498320257","requestId":"req-1"}'
ISSUED = b'{"pmhKey":"K000000000000101","myNumber":"621498320257"}'


def test_a_request_is_an_object_of_two_members() -> None:
    document = next(sample.document for sample in routed("insurer_intermediate_server") if sample.name == "first.xml")
    assert encode(document) == SENT


def test_a_document_with_anything_more_is_not_sent() -> None:
    document = next(sample.document for sample in routed("insurer_intermediate_server"))
    with pytest.raises(Refused) as caught:
        encode(document.replace(b"</keyRequest>", b"<name>x</name></keyRequest>"))
    assert caught.value.code == "translate.output"


def test_the_key_becomes_a_document_the_hub_takes() -> None:
    (reply,) = check(replies(SENT, ISSUED))
    assert reply.type == "insurer_intermediate_server.key_issued"
    assert b">K000000000000101<" in reply.document


@pytest.mark.rule("R2")
@pytest.mark.parametrize(
    "answer",
    [
        ISSUED.replace(b"}", b',"qualification":"x"}'),
        ISSUED.replace(b"}", b',"100000000005":null}'),
        ISSUED.replace(b"}", b',"pmhKey":"K000000000000102"}'),
        b'{"myNumber":"621498320257"}',
        b'{"pmhKey":"K000000000000101"}',
        ISSUED.replace(b"621498320257", b"100000000005"),
        ISSUED.replace(b'"621498320257"', b"621498320257"),
        b"[" + ISSUED + b"]",
        ISSUED * 2,
        b"",
    ],
)
def test_any_other_answer_is_refused_whole(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        replies(SENT, answer)
    assert caught.value.code == "reply.invalid"
    assert not any(text in str(caught.value) for text in ("621498320257", "100000000005", "K0000", "qualification"))
