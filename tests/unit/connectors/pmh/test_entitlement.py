"""What is asked with a PMH連携キー, and what may come back (R37, R38, R41)."""

import json
from typing import Any

import pytest

from connectors.pmh.entitlement import encode, replies
from hub.errors import Refused
from tests.unit.connectors.books import document
from tests.unit.connectors.routed import check

DOCUMENT = document("pmh", "pmh.entitlement_inquiry", "first.xml")
SENT = encode(DOCUMENT)
ONE = {
    "certificationName": "小児医療証\r<&>",
    "medicalSubsidyInsurerNumber": "83141309",
    "medicalSubsidyRecipientNumber": "1234566",
    "isAlwaysReimbursement": "0",
    "validFrom": "2026-09-01",
    "validTo": "2027-08-31",
}


def answer(*entitlements: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"processedAt": "2026-09-01T09:30:01", "entitlements": entitlements, **more}).encode()


def test_an_inquiry_names_nobody() -> None:
    assert set(json.loads(SENT)) == {"institutionCode", "fileIdentifier", "confirmedOn", "linkKey"}


def test_a_document_with_anything_more_is_not_sent() -> None:
    with pytest.raises(Refused) as caught:
        encode(DOCUMENT.replace(b"</entitlementInquiry>", b"<myNumber>621498320257</myNumber></entitlementInquiry>"))
    assert caught.value.code == "translate.output"
    assert "621498320257" not in str(caught.value)


def test_what_is_found_goes_back_to_who_asked_without_the_key() -> None:
    (reply,) = check(replies(SENT, answer(ONE, ONE | {"medicalSubsidyRecipientNumber": "0000018"})))
    assert reply.type == "pmh.entitlements"
    asked = json.loads(SENT)
    assert f"<fileIdentifier>{asked['fileIdentifier']}<".encode() in reply.document
    assert asked["linkKey"].encode() not in reply.document
    assert reply.document.count(b"&#13;&lt;&amp;&gt;") == 2


@pytest.mark.rule("R37")
def test_r37_no_is_a_document_without_a_reason() -> None:
    (reply,) = check(replies(SENT, answer()))
    assert reply.type == "pmh.no_entitlement"


@pytest.mark.rule("R38", "R41")
@pytest.mark.parametrize(
    "said",
    [
        answer(ONE | {"myNumber": "621498320257"}),
        answer(ONE | {"pmhKey": "K000000000000101"}),
        answer(reason="expired"),
        answer(ONE | {"validTo": "2026-08-31"}),
        answer(ONE | {"validFrom": "2026-09-02"}),
        answer({name: value for name, value in ONE.items() if name != "medicalSubsidyRecipientNumber"}),
        answer() * 2,
        b"",
    ],
)
def test_r38_r41_any_other_answer_is_refused_whole(said: bytes) -> None:
    with pytest.raises(Refused) as caught:
        replies(SENT, said)
    assert caught.value.code == "reply.invalid"
    assert not any(text in str(caught.value) for text in ("621498320257", "K0000", "expired"))
