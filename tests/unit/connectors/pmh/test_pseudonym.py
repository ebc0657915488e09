"""A PMH仮名識別子 at PMH: one for one PMHキー, and the portal hears yes or no (R37, R39)."""

import json
from pathlib import Path

import pytest

from connectors.pmh.pseudonym import encode, objection, replies
from hub.errors import Refused
from hub.ports.connector import Objection
from hub.sandbox.link_keys import LinkKey, seal
from tests.unit.connectors.books import Books, document
from tests.unit.connectors.routed import check

PATH = "/pseudonyms"
DOCUMENT = document("pmh", "pmh.pseudonym_binding", "first.xml")
SENT = encode(DOCUMENT)
NAME, OTHER = json.loads(SENT)["pseudonym"], "x" * 32
KEYS = {"621498320257": "K000000000000101", "100000000005": "K000000000000102"}
GOOD, PAST = 4_102_444_800, 1_577_836_800


def said(result: str, pseudonym: str = NAME, **more: str) -> bytes:
    return json.dumps({"pseudonym": pseudonym, "result": result, **more}).encode()


@pytest.mark.parametrize("result", ["stored", "refused"])
def test_the_result_becomes_a_document_the_hub_takes(result: str) -> None:
    (reply,) = check(replies(SENT, said(result)))
    assert (reply.type, f">{result}<".encode() in reply.document) == ("pmh.pseudonym_result", True)


@pytest.mark.parametrize(
    "answer", [said("stored", OTHER), said("maybe"), said("refused", reason="expired"), said("stored") * 2, b""]
)
def test_any_other_answer_is_refused_whole(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        replies(SENT, answer)
    assert caught.value.code == "reply.invalid"


@pytest.mark.rule("R39")
def test_r39_a_conflict_is_for_staff_and_the_portal_hears_no() -> None:
    found = objection(SENT, said("refused"))
    assert isinstance(found, Objection)
    assert found.code == "deliver.bound"
    (reply,) = check(found.replies)
    assert b">refused<" in reply.document
    assert NAME not in str(found)


@pytest.mark.parametrize(("answer", "code"), [(b"", "deliver.rejected"), (said("stored"), "reply.invalid")])
def test_another_409_is_no_conflict(answer: bytes, code: str) -> None:
    found = objection(SENT, answer)
    assert not isinstance(found, Objection)
    assert isinstance(found, Refused)
    assert found.code == code


@pytest.fixture
def books(tmp_path: Path) -> Books:
    made = Books("pmh", tmp_path)
    for number, pmh_key in KEYS.items():
        made.post("/key-bindings", json.dumps({"pmhKey": pmh_key, "myNumber": number}).encode())
    return made


def bind(
    books: Books, pseudonym: str, serial: int, pmh_key: str = "K000000000000101", until: int = GOOD
) -> tuple[int, str, str]:
    """Status, result and the reason in the books."""
    link_key = seal(LinkKey(pmh_key, f"{serial:016d}", until), str(serial).encode())
    answer = books.post(PATH, json.dumps({"pseudonym": pseudonym, "linkKey": link_key}).encode())
    return answer.status, json.loads(answer.body)["result"], books.last().reason


@pytest.mark.rule("R39")
def test_r39_one_pseudonym_for_one_key_also_after_a_restart(books: Books) -> None:
    assert bind(books, NAME, 1) == (200, "stored", "stored")
    books.restart()
    assert bind(books, NAME, 2) == (200, "stored", "known")
    assert bind(books, NAME, 3, "K000000000000102") == (409, "refused", "bound")  # a second person
    assert bind(books, OTHER, 4) == (409, "refused", "bound")  # a second pseudonym
    assert bind(books, OTHER, 5, "K000000000000102") == (200, "stored", "stored")


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("pmh_key", "until", "reason"),
    [("", GOOD, "no_consent"), ("K000000000000101", PAST, "expired"), ("K000000000000109", GOOD, "unknown")],
)
def test_r37_no_is_the_same_whatever_the_reason(books: Books, pmh_key: str, until: int, reason: str) -> None:
    assert bind(books, NAME, 1, pmh_key, until) == (200, "refused", reason)
    assert bind(books, NAME, 2) == (200, "stored", "stored")  # nothing was stored before


@pytest.mark.rule("R37")
def test_r37_a_link_key_is_good_once_for_whatever_it_was_used(books: Books) -> None:
    bind(books, NAME, 1)
    books.restart()
    assert bind(books, NAME, 1) == (200, "refused", "replayed")
