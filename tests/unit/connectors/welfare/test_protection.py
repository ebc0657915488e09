"""F13: PMH hears of a protection by records registered anew; who never was there is as good as not disclosed."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.http.xml import texts
from connectors.welfare import said as of
from hub.errors import Refused
from hub.ports.connector import Reply
from hub.sandbox import partner_protection
from tests.unit.connectors.books import Books, document, refused

SCHEMAS = Path(__file__).parents[4] / "schemas"
RECORD = (SCHEMAS / "welfare.eligibility/v1/valid/child.xml").read_bytes()  # a child, and one guardian
CHILD, GUARDIAN, STRANGER = b"000000000000103", b"000000000000101", b"000000000000199"
RESULT = document("welfare", "welfare.eligibility_result", "accepted.xml")
NOTICE = document("welfare", "welfare.protection_notice", "person-protected.xml").replace(GUARDIAN, CHILD)
ITEM = document("welfare", "welfare.protection_notice", "item.xml")
RELEASE = document("welfare", "welfare.protection_notice", "person-released.xml").replace(GUARDIAN, CHILD)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """The welfare system, with one certificate in its books."""
    books = Books("welfare", tmp_path)
    books.lay_out(*partner_protection.booked(RECORD))
    return books


def noticed(books: Books, notice: bytes) -> Sequence[Reply]:
    return of.of_notice(notice, books.post("/messages/protection-notice", notice).body)


def heard(books: Books, history_key: int, status: bytes = b"accepted") -> Sequence[Reply]:
    body = re.sub(rb"<history_key>\d+<", b"<history_key>%d<" % history_key, RESULT)
    body = body.replace(b"<status>accepted<", b"<status>" + status + b"<")
    return of.of_result(body, books.post("/messages/eligibility-result", body).body)


def told(replies: Sequence[Reply]) -> list[tuple[str, str | None, str | None]]:
    """(type, 履歴キー or None, "true" where it protects)"""
    found = []
    for each in replies:
        said = texts(each.document)
        found.append((each.type, said.get("history_key"), said.get("not_disclosed", said.get("held"))))
    return found


@pytest.mark.rule("R40")
@pytest.mark.parametrize("whom", [CHILD, GUARDIAN])
def test_r40_what_pmh_has_is_registered_anew_and_confirmed_when_pmh_has_taken_it(books: Books, whom: bytes) -> None:
    (anew,) = noticed(books, NOTICE.replace(CHILD, whom))
    before, after = texts(RECORD), texts(anew.document)
    assert after == before | {"history_key": "1002", "not_disclosed": "true"}

    books.restart()
    assert heard(books, 1001) == ()  # an older one
    assert heard(books, 1002, b"rejected") == ()
    (held,) = heard(books, 1002)
    assert told([held]) == [("welfare.non_disclosure", None, "true")]
    assert texts(held.document)["addressee_number"] == whom.decode()
    assert heard(books, 1002) == ()  # once


def test_a_newer_record_speaks_for_the_older_ones(books: Books) -> None:
    """Given child and guardian protected, of whose records the hub sends only the newer one."""
    noticed(books, NOTICE)
    assert told(noticed(books, NOTICE.replace(CHILD, GUARDIAN))) == [("welfare.eligibility", "1003", "true")]
    assert {texts(each.document)["addressee_number"] for each in heard(books, 1003)} == {
        CHILD.decode(), GUARDIAN.decode(),
    }  # fmt: skip


def test_all_certificates_of_a_person_must_be_there(books: Books) -> None:
    other = RECORD.replace(CHILD, STRANGER).replace(b">1001<", b">2001<")
    books.lay_out(*partner_protection.booked(other))
    assert len(noticed(books, NOTICE.replace(CHILD, GUARDIAN))) == 2
    assert heard(books, 1002) == ()
    assert len(heard(books, 2002)) == 1


def test_what_pmh_never_had_is_as_good_as_not_disclosed(books: Books) -> None:
    assert told(noticed(books, NOTICE.replace(CHILD, STRANGER))) == [("welfare.non_disclosure", None, "true")]
    assert told(noticed(books, ITEM)) == [("welfare.non_disclosure", None, "true")]


def test_a_release_lowers_nothing_at_pmh(books: Books) -> None:
    assert told(noticed(books, RELEASE)) == [("welfare.non_disclosure", None, "true")]
    assert told(noticed(books, RELEASE.replace(CHILD, STRANGER))) == [("welfare.non_disclosure", None, "false")]


def test_a_notice_that_carries_an_individual_number_is_a_violation(books: Books) -> None:
    body = NOTICE.replace(b"KH20260001", b"621498320257")
    assert refused(books, "/messages/protection-notice", body) == 422
    assert books.last().violation is not None


def said(*documents: bytes) -> bytes:
    return b'<documents xmlns="urn:renkei:documents:v1">' + b"".join(documents) + b"</documents>"


HELD = (SCHEMAS / "welfare.non_disclosure/v1/valid/person-held.xml").read_bytes()


@pytest.mark.parametrize(
    ("notice", "answer"),
    [
        (NOTICE, b""),  # a notice is never left without a word
        (NOTICE, said()),
        (NOTICE, said(HELD.replace(CHILD, STRANGER))),
        (NOTICE, said(RECORD.replace(CHILD, STRANGER))),
        (NOTICE, said(HELD.replace(b"<held>", b"<data_item>TM00000000000002</data_item><held>"))),
        (ITEM, said(HELD)),
        (ITEM, said(RECORD)),
        (NOTICE, said(RESULT)),
    ],
)
def test_an_answer_about_somebody_or_something_else_is_refused_whole(notice: bytes, answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        of.of_notice(notice, answer)
    assert caught.value.code == "reply.invalid"
    assert not any(number.decode() in str(caught.value) for number in (CHILD, GUARDIAN, STRANGER))


def test_a_result_registers_nothing() -> None:
    with pytest.raises(Refused, match=r"reply\.invalid"):
        of.of_result(RESULT, said(RECORD))
