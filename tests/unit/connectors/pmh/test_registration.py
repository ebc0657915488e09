"""Registrations at PMH: the document becomes the published JSON, the answer becomes documents (F16, F17)."""

import json
from typing import Any

import pytest

from connectors.pmh import registration
from connectors.pmh.connector import create
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings
from tests.unit.connectors.routed import check, routed

SAMPLES = {sample.name: sample.document for sample in routed("pmh") if sample.operation == "pmh.registration"}
RESULT = {
    "taskId": "task-1",
    "orgSpecificCertificateTypeId": "KAWASAKI01",
    "historyKey": "1001",
    "status": "accepted",
}
WANTED = {"myNumber": "621498320257", "requestId": "req-1"}


def answer(**changes: Any) -> bytes:
    return json.dumps({"results": [RESULT], "keyRequired": [], **changes}).encode()


def test_a_registration_is_an_array_of_one_with_the_published_names() -> None:
    assert json.loads(registration.encode(SAMPLES["child.xml"])) == [
        {
            "orgSpecificCertificateTypeId": "KAWASAKI01",
            "myNumber": "621498320257",
            "basicFiveInfo": {
                "name": "𠮷田　鷗",
                "nameKana": "ヨシダ　カモメ",
                "address": "神奈川県川崎市川崎区砂子一丁目１番地２",
                "dateOfBirth": "2019-05-06",
                "sex": "1",
            },
            "isNotDisclosed": False,
            "medicalSubsidyInsurerNumber": "83141309",
            "certificationName": "小児医療証",
            "medicalSubsidyRecipientNumber": "0000018",
            "isAlwaysReimbursement": "0",
            "validFrom": "2026-09-01",
            "validTo": "2027-08-31",
            "historyKey": "1001",
            "isDeleted": False,
            "certificationDetail": [{"item": "助成範囲", "value": "入院・通院"}],
        }
    ]


def test_flags_are_booleans_and_what_is_missing_is_left_out() -> None:
    (hidden,) = json.loads(registration.encode(SAMPLES["not-disclosed.xml"]))
    (deleted,) = json.loads(registration.encode(SAMPLES["deleted.xml"]))
    assert (hidden["isNotDisclosed"], hidden["isDeleted"]) == (True, False)
    assert (deleted["isNotDisclosed"], deleted["isDeleted"]) == (False, True)
    assert "medicalSubsidyRecipientNumber" not in hidden


@pytest.mark.parametrize("name", ["葛󠄀城 \U00100001神子", "\ue000", "𠮷田　鷗", "が", "  Ａ ", "a&lt;b&amp;\"'&#13;/"])
def test_a_name_leaves_as_the_very_bytes_it_came_in(name: str) -> None:
    document = SAMPLES["child.xml"].replace("𠮷田　鷗".encode(), name.encode())
    content = registration.encode(document)
    expected = name.replace("&lt;", "<").replace("&amp;", "&").replace("&#13;", "\r")
    assert json.loads(content)[0]["basicFiveInfo"]["name"] == expected
    # what the screen stage looks at is the text itself, not an escape of it
    assert json.dumps(expected, ensure_ascii=False)[1:-1].encode() in content


def test_a_document_json_has_no_room_for_is_refused() -> None:
    # Given a date with a time zone, which XML Schema allows and PMH does not
    document = SAMPLES["child.xml"].replace(b"2019-05-06", b"2019-05-06Z")
    with pytest.raises(Refused) as caught:
        registration.encode(document)
    assert caught.value.code == "translate.output"
    assert caught.value.detail == "basicFiveInfo.dateOfBirth: string_pattern_mismatch"


def test_an_operation_of_somebody_else_is_refused() -> None:
    with pytest.raises(Refused):
        create(ConnectorSettings("pmh", "http://127.0.0.1:1")).encode("pmh.registration_result", b"<a/>")


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("result", "wanted", "types"),
    [
        (RESULT, [], ["pmh.registration_result"]),
        (RESULT, [WANTED], ["pmh.registration_result", "pmh.key_required"]),
        (
            RESULT | {"status": "rejected", "errorCode": "E0201", "errorMessage": "より新しい履歴が登録されています"},
            [],
            ["pmh.registration_result"],
        ),
    ],
    ids=["accepted", "key required", "rejected"],
)
def test_an_answer_becomes_documents_the_hub_takes(result: Any, wanted: Any, types: list[str]) -> None:
    sent = registration.encode(SAMPLES["child.xml"])
    found = check(registration.replies(sent, answer(results=[result], keyRequired=wanted)))
    assert [reply.type for reply in found] == types
    for value in result.values():
        assert f">{value}<".encode() in found[0].document


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    "changes",
    [
        {"results": []},
        {"results": [RESULT, RESULT]},
        {"results": [RESULT | {"historyKey": "1002"}]},
        {"results": [RESULT | {"orgSpecificCertificateTypeId": "OTHER"}]},
        {"results": [RESULT | {"status": "perhaps"}]},
        {"results": [RESULT | {"myNumber": "621498320257"}]},
        {"keyRequired": [WANTED, WANTED]},
        {"keyRequired": [WANTED | {"myNumber": "100000000005"}]},
        {"keyRequired": [WANTED | {"name": "𠮷田　鷗"}]},
        {"extra": "621498320257"},
    ],
)
def test_an_answer_about_anything_else_is_refused_whole(changes: Any) -> None:
    sent = registration.encode(SAMPLES["child.xml"])
    with pytest.raises(Refused) as caught:
        registration.replies(sent, answer(**changes))
    assert caught.value.code == "reply.invalid"
    assert not any(value in str(caught.value) for value in ("621498320257", "100000000005", "𠮷田", "perhaps", "OTHER"))
