"""When attachments are needed no more: not before they were delivered, and not while a dead letter may be replayed."""

import pytest

from hub.ports.store import JournalEntry
from hub.worker.clearing import is_over

INTAKE, DELIVERY, REPLY = "intake.portal", "delivery.management", "intake.management"


def entry(hop: str, outcome: str, message_id: str = "") -> JournalEntry:
    return JournalEntry(1, hop, message_id or hop, "application.submitted", "portal", 1, outcome, None, 1)


@pytest.mark.rule("R21")
@pytest.mark.parametrize(
    ("entries", "over"),
    [
        ([], False),
        ([entry(INTAKE, "forwarded")], False),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "retry")], False),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "dead")], False),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered")], True),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "dead"), entry(DELIVERY, "delivered")], True),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered"), entry(REPLY, "dead")], False),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered"), entry(INTAKE, "dead", "conflict")], False),
        ([entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered"), entry(INTAKE, "duplicate")], True),
    ],
)
def test_it_is_over_when_all_has_its_end(entries: list[JournalEntry], over: bool) -> None:
    assert is_over(entries, 0, {DELIVERY}) is over


def test_what_came_after_it_was_over_waits_for_its_own_entry() -> None:
    """The same again, or another one under its number: attachments are kept before anything of it is written."""
    entries = [entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered")]
    assert not is_over(entries, 1, {DELIVERY})
    assert is_over(entries, 0, {DELIVERY})


def test_what_a_send_has_caused_may_be_over_before_the_send_is() -> None:
    """The process died after the answer was on its way and before the send was settled: it is sent again."""
    entries = [entry(INTAKE, "forwarded"), entry(REPLY, "forwarded"), entry("delivery.welfare", "delivered")]
    assert not is_over(entries, 0, {DELIVERY})
    assert is_over([*entries, entry(DELIVERY, "delivered")], 0, {DELIVERY})


def test_what_goes_nowhere_known_is_kept() -> None:
    assert not is_over([entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered")], 0, ())
