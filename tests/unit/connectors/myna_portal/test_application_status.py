"""The JSON the portal gets: exactly its members, every character as it was, no number of a person (R3)."""

import json

import pytest

from connectors.myna_portal.application_status import encode
from hub.errors import Refused
from tests.unit.connectors.books import document

STATUS = document("myna_portal", "myna_portal.application_status", "to-correct.xml")


def test_a_status_is_an_object_of_the_agreed_members() -> None:
    assert json.loads(encode(STATUS)) == {
        "receptionNumber": "2026000000000014",
        "statusVersion": 3,
        "applicationStatusCode": "03",
        "applicationStatusName": "補正依頼",
        "municipalityComment": "健康保険証の写しを添付してください。",
        "changedAt": "2026-09-03T10:00:00+09:00",
    }
    assert "補正依頼".encode() in encode(STATUS)


def test_without_a_comment_there_is_no_such_member() -> None:
    accepted = document("myna_portal", "myna_portal.application_status", "accepted.xml")
    assert "municipalityComment" not in json.loads(encode(accepted))


def test_a_comment_keeps_every_character() -> None:
    text = " 葛\U000e0100城 \U0010de92\n２行目 "
    changed = STATUS.decode().replace("健康保険証の写しを添付してください。", text).encode()
    assert json.loads(encode(changed))["municipalityComment"] == text


@pytest.mark.rule("R3")
@pytest.mark.parametrize("name", ["addressee_number", "individual_number", "myNumber"])
def test_r3_a_document_with_a_number_of_a_person_is_not_sent(name: str) -> None:
    more = f"<{name}>621498320257</{name}></applicationStatus>".encode()
    with pytest.raises(Refused) as caught:
        encode(STATUS.replace(b"</applicationStatus>", more))
    assert caught.value.code == "translate.output"
    assert "621498320257" not in str(caught.value)
