"""What a 409 to a difference means: a gap the registry must hear of, or a refusal like any other (R12)."""

import pytest

from connectors.application_management.gap import objection
from hub.ports.connector import Objection
from tests.unit.connectors.books import document
from tests.unit.connectors.routed import check

SENT = document("application_management", "application_management.number_links", "renewed.xml")  # number 5
WANTED = (
    b'<wanted xmlns="urn:renkei:application_management.full_set_wanted:v1">'
    b"<expected_sequence_number>3</expected_sequence_number>"
    b"<received_sequence_number>5</received_sequence_number></wanted>"
)


@pytest.mark.rule("R12")
def test_r12_a_gap_says_both_numbers_and_carries_the_request_for_the_full_set() -> None:
    said = objection(SENT, WANTED)
    assert isinstance(said, Objection)
    assert (said.code, said.detail) == ("deliver.gap", "the partner expects number 3, this is 5")
    assert [reply.type for reply in check(said.replies)] == ["application_management.full_set_wanted"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "deliver.rejected"),
        (b"conflict", "deliver.rejected"),
        (b"<!DOCTYPE a>" + WANTED, "deliver.rejected"),
        (WANTED[:-3], "deliver.rejected"),
        (WANTED.replace(b">5<", b">6<"), "reply.invalid"),  # about another difference
        (WANTED.replace(b">3<", b">621498320257<"), "reply.invalid"),
        (WANTED.replace(b">3<", b"><"), "reply.invalid"),
    ],
)
def test_anything_else_causes_nothing_and_repeats_nothing(answer: bytes, code: str) -> None:
    said = objection(SENT, answer)
    assert not isinstance(said, Objection)
    assert said.code == code
    assert "621498320257" not in str(said)
