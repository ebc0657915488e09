"""The simulated PMH, asked with a PMH連携キー: what it tells, and whose area it looks at (R34 to R41)."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.pmh import registration
from hub.sandbox.credentials import NEIGHBOUR, credential
from hub.sandbox.link_keys import LinkKey, seal
from tests.unit.connectors.books import TOKEN, Books, document, refused

TASKS, BINDINGS, INQUIRIES = "/postRegistrationTasks", "/key-bindings", "/entitlement-inquiries"
(CHILD,) = json.loads(registration.encode(document("pmh", "pmh.registration", "child.xml")))
KEY = "K000000000000101"
GOOD, PAST = 4_102_444_800, 1_577_836_800
DAY = CHILD["validFrom"]
THEIRS = credential(NEIGHBOUR)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("pmh", tmp_path)


def register(books: Books, token: str = TOKEN, **values: Any) -> dict[str, Any]:
    body = json.dumps([CHILD | values], ensure_ascii=False).encode()
    (result,) = json.loads(books.post(TASKS, body, token=token).body)["results"]
    found: dict[str, Any] = result
    return found


def bind(books: Books) -> None:
    assert books.post(BINDINGS, json.dumps({"pmhKey": KEY, "myNumber": CHILD["myNumber"]}).encode()).status == 204


def key(serial: int, pmh_key: str = KEY, until: int = GOOD) -> str:
    return seal(LinkKey(pmh_key, f"{serial:016d}", until), str(serial).encode())


def ask(books: Books, link_key: str, day: str = DAY, token: str = TOKEN) -> list[dict[str, Any]]:
    """What an institution would be told."""
    inquiry = {"institutionCode": "1419000018", "fileIdentifier": "F1", "confirmedOn": day, "linkKey": link_key}
    answer = json.loads(books.post(INQUIRIES, json.dumps(inquiry).encode(), token=token).body)
    assert set(answer) == {"processedAt", "entitlements"}
    found: list[dict[str, Any]] = answer["entitlements"]
    return found


@pytest.mark.rule("R38")
def test_r38_what_is_told_names_neither_number_nor_key(books: Books) -> None:
    register(books)
    bind(books)
    books.restart()

    (found,) = ask(books, key(1))

    assert found["medicalSubsidyRecipientNumber"] == CHILD["medicalSubsidyRecipientNumber"]
    assert not any(text in json.dumps(found) for text in (CHILD["myNumber"], KEY, CHILD["basicFiveInfo"]["name"]))
    assert books.last().reason == "found"


@pytest.mark.rule("R37")
def test_r37_a_key_is_good_once_also_after_a_restart(books: Books) -> None:
    register(books)
    bind(books)
    assert ask(books, key(1)) != []
    books.restart()
    assert ask(books, key(1)) == []
    assert books.last().reason == "replayed"
    assert ask(books, key(2)) != []


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("link_key", "reason"),
    [
        (key(1, pmh_key=""), "no_consent"),
        (key(1, until=PAST), "expired"),
        (key(1, pmh_key="K00000000000010Z"), "unknown"),
        (key(1)[::-1], "unreadable"),
    ],
)
def test_r37_no_is_the_same_whatever_the_reason(books: Books, link_key: str, reason: str) -> None:
    register(books)
    bind(books)
    assert ask(books, link_key) == []
    assert books.last().reason == reason


@pytest.mark.rule("R36", "R40", "R41")
@pytest.mark.parametrize(
    ("values", "day", "reason"),
    [
        ({"isNotDisclosed": True}, DAY, "not_disclosed"),  # R40
        ({"isDeleted": True}, DAY, "deleted"),  # R36
        ({"revokedOn": DAY}, DAY, "lapsed"),  # R41
        ({}, "2020-01-01", "lapsed"),
        ({}, "2099-01-01", "lapsed"),
    ],
)
def test_r36_r40_r41_what_has_ended_or_is_not_disclosed_is_not_told(
    books: Books, values: dict[str, Any], day: str, reason: str
) -> None:
    register(books)
    bind(books)
    register(books, historyKey="2000", **values)
    books.restart()

    assert ask(books, key(1), day) == []
    assert books.last().reason == reason


@pytest.mark.rule("R40")
def test_r40_one_certificate_not_disclosed_keeps_the_others_back(books: Books) -> None:
    register(books)
    bind(books)
    register(books, orgSpecificCertificateTypeId="OTHER", isNotDisclosed=True)
    assert ask(books, key(1)) == []


@pytest.mark.rule("R41")
@pytest.mark.parametrize(("revoked_on", "told"), [("2000-01-01", 0), ("2099-01-01", 1)])
def test_r41_it_is_valid_until_the_day_it_is_revoked(books: Books, revoked_on: str, told: int) -> None:
    register(books, revokedOn=revoked_on)
    bind(books)
    assert len(ask(books, key(1))) == told


@pytest.mark.rule("R34")
def test_r34_another_municipality_reads_nothing_also_with_the_key(books: Books) -> None:
    register(books)
    bind(books)

    assert ask(books, key(1), token=THEIRS) == []
    assert books.last().reason == "unknown"
    assert ask(books, key(2)) != []


@pytest.mark.rule("R34", "R35")
def test_r34_r35_another_municipality_writes_and_deletes_in_its_own_area_only(books: Books) -> None:
    register(books)
    bind(books)

    # When it registers, and deletes, the same certificate of the same person with newer keys
    assert register(books, THEIRS, historyKey="9001", isNotDisclosed=True)["status"] == "accepted"
    assert register(books, THEIRS, historyKey="9002", isDeleted=True)["status"] == "accepted"
    books.restart()

    # Then ours stands, with its own history
    assert len(ask(books, key(1))) == 1
    assert register(books, historyKey="1002")["status"] == "accepted"


@pytest.mark.rule("R34")
def test_r34_an_answer_is_not_repeated_to_another_municipality(books: Books) -> None:
    """Not even under the idempotency key of who asked first."""
    register(books)
    bind(books)
    inquiry = {"institutionCode": "1419000018", "fileIdentifier": "F1", "confirmedOn": DAY, "linkKey": key(1)}
    body = json.dumps(inquiry).encode()
    first = books.post(INQUIRIES, body, "the same key")
    assert books.post(INQUIRIES, body, "the same key").body == first.body
    assert json.loads(books.post(INQUIRIES, body, "the same key", THEIRS).body)["entitlements"] == []


@pytest.mark.rule("R34")
@pytest.mark.parametrize("token", ["", "sandbox-141305", THEIRS[:-1]])
@pytest.mark.parametrize("path", [TASKS, BINDINGS, INQUIRIES])
def test_r34_without_a_credential_nothing_is_taken(books: Books, path: str, token: str) -> None:
    assert books.post(path, b"{}", token=token).status == 401
    assert books.effects() == []


@pytest.mark.parametrize("changed", [{"linkKey": KEY}, {"myNumber": "621498320257"}, {"confirmedOn": "20260901"}])
def test_what_its_interface_does_not_know_is_refused(books: Books, changed: dict[str, str]) -> None:
    inquiry = {"institutionCode": "1419000018", "fileIdentifier": "F1", "confirmedOn": DAY, "linkKey": key(1)}
    assert refused(books, INQUIRIES, json.dumps(inquiry | changed).encode()) == 422


def test_the_books_name_nobody(books: Books, tmp_path: Path) -> None:
    register(books)
    bind(books)
    ask(books, key(1))
    assert CHILD["myNumber"] not in json.dumps([entry.reason + entry.record for entry in books.effects()])
