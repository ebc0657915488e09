"""Counts by flow and by partner, from a journal and books that are known."""

from __future__ import annotations

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox.accounting import Evidence
from hub.sandbox.flow import Sending
from hub.sandbox.flows import FLOWS
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Counts
from tests.unit.sandbox.perfect_run import letter

CHANGE = FLOWS[0]
FIRST, SECOND, REFUSED = "first", "second", "refused"


def sending(message_id: str, **values: object) -> Sending:
    publication = Publication("resident_registry.change", b"", "resident.change", message_id=message_id)
    return Sending("F2", "resident_registry", publication, **values)  # type: ignore[arg-type]


def due(message_id: str, partner: str = "welfare") -> Due:
    return Due(partner, f"{partner}.resident_change", message_id)


def at(hop: str, outcome: str, message_id: str = "m") -> JournalEntry:
    return JournalEntry(0, hop, message_id, "resident.change", "resident_registry", 1, outcome, None, 0)


EVIDENCE = Evidence(
    sent=[
        sending(FIRST, dues=(due(FIRST), due(FIRST, "integration_platform"))),
        sending(FIRST, fate="duplicate"),
        sending(SECOND, dues=(due(SECOND),)),
        sending(REFUSED, fate="refused", code="validate.xml"),
    ],
    effects=[Effect("welfare", "welfare.resident_change", "k", FIRST)],
    journal={
        FIRST: [
            at("intake.resident_registry", "forwarded"),
            at("intake.resident_registry", "duplicate"),
            at("delivery.welfare", "retry"),
            at("delivery.welfare", "wait"),
            at("delivery.welfare", "dead", "letter"),
            at("delivery.welfare", "dead", "letter"),
            at("delivery.welfare", "delivered"),
        ],
        SECOND: [at("delivery.integration_platform", "superseded")],
        REFUSED: [at("intake.resident_registry", "dead", REFUSED)],
    },
    letters=[
        letter("delivery.welfare", "letter", "reply.invalid", "replayed"),
        letter("intake.resident_registry", REFUSED, "validate.xml"),
    ],
)


def test_a_flow_counts_its_messages_and_what_they_went_through() -> None:
    found = CHANGE.judge(EVIDENCE.sent, EVIDENCE.effects)
    assert EVIDENCE.flow(CHANGE, found) == Counts(
        sent=4, delivered=0, retried=2, superseded=1, duplicate=1, dead=2, replayed=1, lost=2
    )


def test_a_partner_counts_what_is_due_there_and_what_happened_on_the_way() -> None:
    assert EVIDENCE.partner("welfare") == Counts(sent=2, delivered=1, retried=2, dead=1, replayed=1, lost=1)
    assert EVIDENCE.partner("integration_platform") == Counts(sent=1, superseded=1, lost=1)


def test_partners_are_those_at_whom_something_is_due() -> None:
    assert EVIDENCE.partners() == ["integration_platform", "welfare"]
