"""The answer to a medical institution: the layout of オンライン資格確認, and one kind of no."""

import re
from pathlib import Path

import pytest

from connectors.medical_institution.connector import encode, replies
from hub.errors import Refused
from tests.unit.connectors.books import Books, document, refused

FOUND, NONE = "medical_institution.entitlements", "medical_institution.no_entitlement"
PATH = "/responses"
ANSWER = encode(document("medical_institution", FOUND, "first.xml"))
NO = encode(document("medical_institution", NONE, "first.xml"))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("medical_institution", tmp_path)


@pytest.mark.parametrize("wire", [ANSWER, NO])
def test_it_goes_out_without_our_namespace(wire: bytes) -> None:
    assert wire.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<XmlMsg>")
    assert b"urn:renkei" not in wire


@pytest.mark.rule("R37")
def test_r37_a_no_differs_from_another_in_what_was_asked_alone() -> None:
    other = encode(document("medical_institution", NONE, "second.xml"))
    assert other != NO
    assert re.sub(rb">[0-9A-Za-z]+<", b"><", other) == re.sub(rb">[0-9A-Za-z]+<", b"><", NO)


@pytest.mark.parametrize(("wire", "operation"), [(ANSWER, FOUND), (NO, NONE)])
def test_the_institutions_take_one_answer_to_an_inquiry(books: Books, wire: bytes, operation: str) -> None:
    assert books.post(PATH, wire).status == 200
    assert books.last().operation == operation
    books.restart()
    assert refused(books, PATH, wire) == 200  # the same again
    assert refused(books, PATH, wire.replace(b"<ProcessExecutionTime>2", b"<ProcessExecutionTime>3")) == 409


@pytest.mark.rule("R38")
@pytest.mark.parametrize(
    ("before", "after"), [(b"1234566", b"621498320257"), (b"1234566", b"K000000000000101"), (b"F1<", b"621498320257<")]
)
def test_r38_a_number_or_a_key_is_a_violation(books: Books, before: bytes, after: bytes) -> None:
    assert before in ANSWER
    assert refused(books, PATH, ANSWER.replace(before, after)) == 422
    assert books.last().violation is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<QualificationValidity>1<", b"<QualificationValidity>4<"),
        (b"</ResultList>", b"<extra/></ResultList>"),
        (b"<ResultList>", b"<ResultList/><ResultList>"),
        (b"<ValidTo>", b"<ValidUntil>"),
        (b"<SegmentOfResult>1<", b"<SegmentOfResult>3<"),
    ],
)
def test_what_the_layout_does_not_have_is_refused(books: Books, before: bytes, after: bytes) -> None:
    assert before in ANSWER
    changed = ANSWER.replace(before, after).replace(
        b"</ValidTo>", b"</ValidUntil>" if b"Until" in after else b"</ValidTo>"
    )
    assert refused(books, PATH, changed) == 422
    assert books.last().violation is None


GOOD = b"<Receipt><ArbitraryFileIdentifier>F1</ArbitraryFileIdentifier></Receipt>"


@pytest.mark.parametrize(
    "receipt",
    [
        GOOD.replace(b"F1", b"F2"),
        GOOD.replace(b"</Receipt>", b"<extra>1</extra></Receipt>"),
        b"<!DOCTYPE Receipt>" + GOOD,
        b"<XmlMsg/>",
        GOOD * 2,
        b"",
    ],
)
def test_any_other_receipt_is_refused(receipt: bytes) -> None:
    assert replies(ANSWER, GOOD) == ()
    with pytest.raises(Refused) as caught:
        replies(ANSWER, receipt)
    assert caught.value.code == "reply.invalid"
