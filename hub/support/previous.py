"""What differs between a held content and what was last sent of the same person, to the same partner, by the contract.

That it was sent, and when, is told by the record. Its content the hub has only where it kept it for people: a hold that
was released, or a dead letter that was replayed; and it is shown only where it is, to the byte, what left then.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hub.errors import Refused
from hub.message import Message
from hub.ports.audit import AuditFilter
from hub.ports.holds import Hold, HoldState
from hub.ports.persons import PersonRef
from hub.ports.store import DeadFilter, Store
from hub.services import Services
from hub.support import holds
from hub.support.differences import Difference, of_contents
from hub.support.replay import opened

_PAGE = 50


class Kept(Enum):
    """What there is to compare with."""

    NONE = "none"  # nothing was sent there about this person before
    GONE = "gone"  # something was, and its content is not here: never kept, erased, or not to be made again as it was
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Previous:
    """`at`: when it was delivered, microseconds. `differences`: before is what was sent then, after what would be."""

    kept: Kept
    at: int | None = None
    message_id: str = ""
    differences: tuple[Difference, ...] = ()


def previous(store: Store, hub: Services, hold_id: int) -> Previous | None:
    """None where the held message names nobody. For those who mask it before anybody sees it.

    Raises Refused `hold.unknown` and what a stage refuses the held message for today.
    """
    hold = holds.found(store, hold_id)
    now = holds.prepared(hub, hold.hop, *holds.opened(store, hub, hold))
    persons = () if now.guard is None else now.guard.persons
    subjects = tuple(one for one in persons if one.role == "subject") or persons
    if not subjects:
        return None
    last = next(_delivered(store, hold, subjects), None)
    if last is None:
        return Previous(Kept.NONE)
    message_id, at = last["what"][0].partition(":")[2], last["at"]
    before = _content(store, hub, hold.hop, message_id)
    if before is None:
        return Previous(Kept.GONE, at, message_id)
    found = of_contents(before, now.known_wire().content, hub.max_body_bytes)
    return Previous(Kept.SHOWN, at, message_id, tuple(found))


def _delivered(store: Store, hold: Hold, subjects: tuple[PersonRef, ...]) -> Iterator[Mapping[str, Any]]:
    """Rows of deliveries that name one of them in the same role, newest first; not of the held message itself."""
    names = {(one.role, alias.hash) for one in subjects for alias in one.aliases}
    where = AuditFilter(act="disclose.outcome", persons=tuple({hash_ for _role, hash_ in names}))
    before = None
    while page := store.newest_audit_rows(where, before, _PAGE):
        for row in page:
            said = json.loads(row.text)
            details = said["details"]
            named = {(role, hash_) for role, aliases in said["persons"] for _kind, hash_ in aliases}
            same = (details["hop"], details["type"], details["outcome"]) == (hold.hop, hold.type, "delivered")
            if same and names & named and said["what"] != [f"message:{hold.message_id}"]:
                yield said
        before = page[-1].id


def _content(store: Store, hub: Services, hop: str, message_id: str) -> bytes | None:
    """The bytes that left; None where they are not here any more, or cannot be made as they were."""
    sent = store.newest_audit_rows(AuditFilter(act="disclose.send", what=f"message:{message_id}"), limit=1)
    digest = json.loads(sent[0].text)["details"]["digest"] if sent else ""
    for message, known in _kept(store, hub, hop, message_id):
        try:
            wire = holds.prepared(hub, hop, message, known).known_wire().content
        except Refused:
            continue
        if hub.sealer.digest(wire) == digest:
            return wire
    return None


def _kept(store: Store, hub: Services, hop: str, message_id: str) -> Iterator[tuple[Message, str]]:
    for hold in reversed(store.holds_of(message_id)):
        if hold.hop == hop and hold.state is HoldState.RELEASED:
            try:
                yield holds.opened(store, hub, hold)
            except Refused:
                continue
    for letter in store.dead_letters(DeadFilter(message_id=message_id, hop=hop, state="replayed")):
        try:
            yield opened(store, hub.sealer, letter.id)
        except Refused:
            continue
