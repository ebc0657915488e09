"""Settlements and requests with everything filled in; a test names only what it is about."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from hub.ports.edits import NewEdit
from hub.ports.requests import NewRequest, RequestKind
from hub.ports.store import (
    Alias,
    Child,
    End,
    LeaseRequest,
    NewDeadLetter,
    PersonRef,
    Progress,
    SealedBody,
    Settlement,
)

INTAKE = "intake.welfare"
DELIVERY = "delivery.pmh"
CHILD = PersonRef("subject", (Alias("addressee_number", "h1"), Alias("individual_number", "h2")))
SECOND = 1_000_000


def new_id() -> str:
    return str(uuid4())


def settled(message_id: str, outcome: End | Progress = End.FORWARDED, **changes: Any) -> Settlement:
    plain = Settlement(
        hop=INTAKE,
        message_id=message_id,
        type="welfare.eligibility",
        source="welfare",
        correlation_id=message_id,
        digest="digest",
        attempt=1,
        outcome=outcome,
        code=None,
        started_at=10,
        settled_at=30,
    )
    return replace(plain, **changes)


def child(message_id: str, digest: str = "digest", hop: str = DELIVERY) -> Child:
    return Child(hop, message_id, "eligibility.registration", digest)


def request(message_id: str, **changes: Any) -> LeaseRequest:
    """Unordered, at time 0, until 10 s."""
    plain = LeaseRequest(
        hop=DELIVERY,
        message_id=message_id,
        type="eligibility.registration",
        source="welfare",
        correlation_id=message_id,
        digest="digest",
        attempt=1,
        persons=(CHILD,),
        state_key=None,
        version=None,
        owner="worker 1",
        now=0,
        deadline=10 * SECOND,
    )
    return replace(plain, **changes)


def sent(lease: LeaseRequest, outcome: End | Progress = End.DELIVERED, **changes: Any) -> Settlement:
    """What settles the send of `lease`."""
    plain = settled(
        lease.message_id,
        outcome,
        hop=lease.hop,
        correlation_id=lease.correlation_id,
        digest=lease.digest,
        attempt=lease.attempt,
        leased_at=lease.now,
        started_at=lease.now,
        settled_at=lease.now + 1,
    )
    return replace(plain, **changes)


def dead(message_id: str, code: str = "deliver.rejected", **changes: Any) -> Settlement:
    letter = NewDeadLetter(
        code=code,
        stage="deliver",
        explanation="the partner answered 422",
        queue=DELIVERY,
        envelope='{"type": "eligibility.registration"}',
        body=SealedBody("key 1", b"\x00sealed\xff"),
        persons=(CHILD,),
    )
    plain = settled(message_id, Progress.DEAD, hop=DELIVERY, code=code, dead=letter)
    return replace(plain, **changes)


def draft(dead_id: int, **changes: Any) -> NewEdit:
    """An edit as proposed."""
    plain = NewEdit(
        dead_id=dead_id,
        message_id=new_id(),
        digest="edited",
        envelope='{"type": "eligibility.registration"}',
        body=SealedBody("key 1", b"\x00edited\xff"),
        fields=("/change/name",),
        who="clerk",
        reason="a wrong date",
        ticket="T-1",
        at=50,
    )
    return replace(plain, **changes)


def asked(**changes: Any) -> NewRequest:
    """A request to discard two dead letters."""
    plain = NewRequest(
        RequestKind.DISCARD, (1, 2), "digest", 2, ((DELIVERY, "x"),), "clerk", "sent anew", "T-1", at=50, expires_at=100
    )
    return replace(plain, **changes)
