"""Online eligibility verification gets PMHキー and 紐付番号 and nothing else (S:77, R3)."""

import pytest

from connectors.eligibility_verification.connector import encode, replies
from hub.errors import Refused
from tests.unit.connectors.routed import routed

DOCUMENT = next(each.document for each in routed("eligibility_verification") if each.name == "first.xml")


def test_a_link_is_an_object_of_two_members() -> None:
    assert encode(DOCUMENT) == b'{"pmhKey":"K000000000000101","linkNumber":"L000000000000201"}'


@pytest.mark.rule("R3")
@pytest.mark.parametrize("more", [b"<myNumber>621498320257</myNumber>", b"<name>x</name>"])
def test_r3_a_document_with_anything_more_is_not_sent(more: bytes) -> None:
    with pytest.raises(Refused) as caught:
        encode(DOCUMENT.replace(b"</keyLink>", more + b"</keyLink>"))
    assert caught.value.code == "translate.output"
    assert "621498320257" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        b'{"linkNumber":"L000000000000202"}',
        b'{"linkNumber":"L000000000000201","pmhKey":"K000000000000101"}',
        b"{}",
        b"",
    ],
)
def test_any_other_receipt_is_refused(answer: bytes) -> None:
    assert replies(encode(DOCUMENT), b'{"linkNumber":"L000000000000201"}') == ()
    with pytest.raises(Refused) as caught:
        replies(encode(DOCUMENT), answer)
    assert caught.value.code == "reply.invalid"
    assert "L0000" not in str(caught.value)
