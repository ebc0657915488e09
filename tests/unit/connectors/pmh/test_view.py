"""What is asked under a PMH仮名識別子, and what may come back (R38, R40, R41)."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.pmh import registration
from connectors.pmh.view import encode, replies
from hub.errors import Refused
from hub.sandbox.credentials import NEIGHBOUR, credential
from hub.sandbox.link_keys import LinkKey, seal
from tests.unit.connectors.books import TOKEN, Books, document
from tests.unit.connectors.routed import check

SENT = encode(document("pmh", "pmh.entitlement_view", "first.xml"))
ONE = {
    "certificationName": "小児医療証",
    "medicalSubsidyInsurerNumber": "83141309",
    "medicalSubsidyRecipientNumber": "1234566",
    "isAlwaysReimbursement": "0",
    "validFrom": "2026-09-01",
    "validTo": "2027-08-31",
}
(CHILD,) = json.loads(registration.encode(document("pmh", "pmh.registration", "child.xml")))
NAME, KEY, GOOD = "p" * 32, "K000000000000101", 4_102_444_800


def answer(result: str, *entitlements: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"result": result, "entitlements": entitlements, **more}).encode()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer("found", ONE), "pmh.view_found"),
        (answer("unknown"), "pmh.view_denied"),
        (answer("stopped"), "pmh.view_denied"),
    ],
)
def test_each_result_becomes_a_document_the_hub_takes(said: bytes, kind: str) -> None:
    (reply,) = check(replies(SENT, said))
    assert reply.type == kind
    assert json.loads(SENT)["pseudonym"].encode() in reply.document


@pytest.mark.rule("R38", "R40", "R41")
@pytest.mark.parametrize(
    "said",
    [
        answer("found"),
        answer("stopped", ONE),
        answer("found", ONE | {"myNumber": "621498320257"}),
        answer("found", ONE | {"validTo": "2026-08-31"}),
        answer("not_disclosed"),
        answer("unknown", reason="not_disclosed"),
        b"",
    ],
)
def test_r38_r40_r41_any_other_answer_is_refused_whole(said: bytes) -> None:
    with pytest.raises(Refused) as caught:
        replies(SENT, said)
    assert caught.value.code == "reply.invalid"
    assert "621498320257" not in str(caught.value)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """With a child that has a key and a pseudonym."""
    made = Books("pmh", tmp_path)
    register(made)
    made.post("/key-bindings", json.dumps({"pmhKey": KEY, "myNumber": CHILD["myNumber"]}).encode())
    link_key = seal(LinkKey(KEY, "serial", GOOD), b"seed")
    made.post("/pseudonyms", json.dumps({"pseudonym": NAME, "linkKey": link_key}).encode())
    made.restart()
    return made


def register(books: Books, **values: Any) -> None:
    books.post("/postRegistrationTasks", json.dumps([CHILD | values], ensure_ascii=False).encode())


def look(books: Books, pseudonym: str = NAME, token: str = TOKEN) -> tuple[str, int, str]:
    """Result, how many entitlements, and the reason in the books."""
    asked = {"viewNumber": "V1", "pseudonym": pseudonym, "viewedOn": CHILD["validFrom"]}
    said = json.loads(books.post("/entitlement-views", json.dumps(asked).encode(), token=token).body)
    return said["result"], len(said["entitlements"]), books.last().reason


def test_a_person_is_shown_what_there_is(books: Books) -> None:
    assert look(books) == ("found", 1, "found")


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("values", "result", "reason"),
    [
        ({"isViewStopped": True}, "stopped", "stopped"),
        ({"isNotDisclosed": True}, "unknown", "not_disclosed"),
        ({"isNotDisclosed": True, "isViewStopped": True}, "unknown", "not_disclosed"),
        ({"isDeleted": True}, "unknown", "deleted"),
        ({"revokedOn": CHILD["validFrom"]}, "unknown", "lapsed"),
    ],
)
def test_r40_what_may_not_be_shown_is_not(books: Books, values: dict[str, Any], result: str, reason: str) -> None:
    register(books, historyKey="2000", **values)
    books.restart()
    assert look(books) == (result, 0, reason)


@pytest.mark.rule("R34")
def test_r34_a_pseudonym_shows_nothing_of_another_area_and_an_unknown_one_nothing_at_all(books: Books) -> None:
    assert look(books, token=credential(NEIGHBOUR)) == ("unknown", 0, "unknown")
    assert look(books, "q" * 32) == ("unknown", 0, "unknown")
