"""When attachments are needed no more: not before they were delivered, and not while a dead letter may be replayed."""

import pytest

from hub.ports.store import JournalEntry
from hub.worker.clearing import is_over

INTAKE, DELIVERY, REPLY = "intake.portal", "delivery.management", "intake.management"


def entry(hop: str, outcome: str, message_id: str = "") -> JournalEntry:
    return JournalEntry(1, hop, message_id or hop, "application.submitted", "portal", 1, outcome, None, 1)


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
    assert is_over(entries, 0) is over


def test_what_came_after_it_was_over_waits_for_its_own_entry() -> None:
    """The same again, or another one under its number: attachments are kept before anything of it is written."""
    entries = [entry(INTAKE, "forwarded"), entry(DELIVERY, "delivered")]
    assert not is_over(entries, 1)
    assert is_over(entries, 0)
