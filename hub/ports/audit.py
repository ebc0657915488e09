"""The record of who looked, who acted and what left the city (R30, R47, R48, R70; promises 3 and 9).

Rows are only ever appended, each in the transaction of the act it records. A sequencer gives them places in a Merkle
tree afterwards, see `hub.audit`. Nothing here is a body, a name or a number of a person.
"""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from hub.ports.persons import PersonRef

HUB = "hub"  # the actor where no person acts
UNSIGNED_US = 60_000_000  # a row that is not covered by a signed checkpoint for so long stops all that leaves the city
ACTS: dict[str, str] = {
    "disclose.send": "a message is about to leave the city",
    "disclose.outcome": "what became of it",
    "look.body": "a body was shown, masked",
    "look.refused": "somebody asked the console for what is not there, or not theirs",
    "reveal.field": "one field was shown as it is",
    "reveal.body": "what a body says of one person was written to a file for that person",
    "search.person": "the store was searched for one person",
    "dead.replay": "a dead letter goes back to its hop",
    "dead.discard": "a dead letter was closed for good",
    "replay.create": "a replay plan was made",
    "replay.start": "a replay plan was started or taken up again",
    "replay.pause": "a replay plan was paused",
    "replay.cancel": "a replay plan was cancelled",
    "hold.look": "the content of a hold was shown",
    "hold.review": "one person says that a held content may go",
    "hold.approve": "another person agrees",
    "hold.release": "a held message went back to its queue",
    "hold.refuse": "a held message does not go",
    "fence.raise": "a person is protected from now on",
    "fence.confirm": "a target holds the protection",
    "fence.release": "the source says the protection ended",
    "fence.request": "a person asks to lift a protection",
    "fence.approve": "another person agrees to lift it",
    "fence.clear": "a target has let go of the protection",
    "fence.lift": "a protection is over",
    "fence.found": "a full list begins a registry of fences",
    "fence.complete": "another person says that the list is complete",
    "case.take": "somebody looks after a case",
    "case.note": "something was noted of a case",
    "case.wait": "a case waits for somebody else",
    "case.reveal": "a field of a message of a case was shown, see reveal.field",
    "case.resolve": "a case was closed",
    "connector.pause": "nothing is sent to a partner from now on",
    "connector.drain": "a partner gets what is in hand and nothing more",
    "connector.resume": "a partner is sent to again",
    "permission.look": "the list of permitted inquiries was looked at",
    "permission.keep": "a new version of that list was taken in",
    "exchange.inquiry": "another body asks",
    "exchange.asked": "the own body asks another one",
    "exchange.reply": "the other body replied",
    "edit.propose": "another version of a dead letter was proposed",
    "edit.look": "the values that differ were shown",
    "edit.approve": "another person agrees; the edit takes the place of its original",
    "edit.refuse": "an edit does not go, or was taken back",
    "erase.ask": "somebody asks to erase what lies here about a person",
    "erase.done": "another person agrees, and it is erased",
    "erase.refuse": "it is not erased",
    "retention.list": "what was closed long ago was listed for deletion",
    "retention.confirm": "the list was confirmed and is deleted",
    "retention.accept": "the result of a deletion was compared",
    "retention.cancel": "nothing of the list is deleted",
    "emergency.begin": "somebody may reveal for a while, seen by all",
    "emergency.end": "that was ended before its time",
    "request.ask": "something waits for a second person",
    "request.decide": "another person agreed or did not, or it was taken back",
    "session.begin": "somebody signed in",
    "session.fail": "somebody did not get in under an account's name",
    "session.end": "a session ended",
    "account.change": "an account was made, changed or ended",
    "account.feed": "a feed of the personnel office was applied; what it changed follows as account.change",
    "keys.rotate": "data keys are wrapped under another master key from now on",
    "keys.retire": "no data key is wrapped under an earlier master key any more",
    "keys.sign": "checkpoints of this record are signed with another key from now on",
    "audit.look": "this record was looked at",
    "audit.review": "this record was looked through for suspicious acts; the details say how many were found",
    "audit.export": "a part of this record was handed out",
}

actor: ContextVar[str] = ContextVar("actor", default=HUB)
terminal: ContextVar[str] = ContextVar("terminal", default=f"host:{socket.gethostname()}")


@contextmanager
def acting(who: str, where: str) -> Iterator[None]:
    """What is recorded meanwhile was done by this account, from this place ("shell:…", or an address)."""
    tokens = actor.set(who), terminal.set(where)
    try:
        yield
    finally:
        actor.reset(tokens[0])
        terminal.reset(tokens[1])


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to record. `act`: a key of ACTS; `what`: ids such as "message:…", "hold:12", "dead:7", "plan:3".

    `at`: microseconds since 1970; `persons`: keyed hashes only; `purpose`: code of the procedure for what the hub
    discloses, a person's own reason for what people do; `basis`: on which law that rests; `details`: ids, codes and
    digests, never a value of a message. `actor` None: whoever acts here now, see `acting`.
    """

    act: str
    what: tuple[str, ...]
    at: int
    persons: tuple[PersonRef, ...] = ()
    purpose: str = ""
    basis: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)
    actor: str | None = None

    def __post_init__(self) -> None:
        if self.act not in ACTS:
            raise ValueError(f"unknown act {self.act!r}: add it to hub/ports/audit.py")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """As stored. `text`: canonical JSON (RFC 8785); `mac`: HMAC-SHA256 of it, hex; `leaf`: its place, None yet."""

    id: int
    leaf: int | None
    text: str
    mac: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Criteria that are all met; None = any. since <= at < until, microseconds.

    `what`: an id that the row names, "message:…" and the like, or bare.

    `persons`: keyed hashes of which one is named.
    """

    since: int | None = None
    until: int | None = None
    what: str | None = None
    actor: str | None = None
    act: str | None = None
    persons: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """How far the tree has come. `anchored`: how many rows a checkpoint outside the database covers; `since`: when the
    oldest row was written that none covers, None where all are covered. `verified_at`: when all was last found right.
    `key`: the public key that signs checkpoints, None where it was never changed.
    """

    size: int = 0
    anchored: int = 0
    since: int | None = None
    verified_at: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A signed checkpoint of the first `size` rows."""

    size: int
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class Extended:
    """`forged`: places of rows whose HMAC does not fit; they are in the tree, so that they stay to be looked at."""

    note: KeptNote
    forged: tuple[int, ...]
    rows: int


# size, root, time, the public key in force (None: the first): a signed note; raises ConfigError where it is not here
Sign = Callable[[int, bytes, int, str | None], str]
Handing = Callable[[int, bytes, int, str | None], Entry]  # the same: the row that says so, signed by both keys


class Audit(Protocol):
    """The record. Raises ConfigError where its key cannot be read: then nothing that must be recorded is done."""

    def record(self, entries: Sequence[Entry]) -> None:
        """Commit what has no transaction of its own: looks and searches, before anything is shown."""
        ...

    def audit_rows(self, after_id: int = 0, limit: int = 500) -> Sequence[AuditRow]:
        """In the order of their ids, with a place in the tree or not yet."""
        ...

    def newest_audit_rows(self, where: AuditFilter, before_id: int | None = None, limit: int = 50) -> list[AuditRow]:
        """Newest first."""
        ...

    def audit_leaves(self, start: int, limit: int, where: AuditFilter | None = None) -> list[AuditRow]:
        """Rows with a place, from `start` on, in the order of their places."""
        ...

    def waiting_audit_rows(self, after_id: int = 0, limit: int = 500) -> list[AuditRow]:
        """Rows without a place, in the order of their ids."""
        ...

    def extend_audit(self, sign: Sign, now: int, most: int) -> Extended | None:
        """Give up to `most` rows their places and keep a signed checkpoint of all, in one commit; None: there is none.

        One process at a time: others wait. Raises what `sign` raises, and then nothing is done.
        """
        ...

    def hand_over_audit(self, handing: Handing, sign: Sign, key: str, now: int) -> KeptNote:
        """Checkpoints are signed with this public key from now on: the row that says so takes the next place, and the
        first checkpoint by the new key covers it, all in one commit. Raises what `handing` and `sign` raise."""
        ...

    def anchor_audit(self, size: int) -> None:
        """A checkpoint of so many rows is safe outside the database."""
        ...

    def verified_audit(self, at: int) -> None:
        """All was found right."""
        ...

    def audit_head(self) -> Head: ...

    def audit_checkpoints(self, after_size: int = -1, limit: int = 1000) -> list[KeptNote]:
        """In the order of their sizes."""
        ...

    def audit_tile(self, level: int, start: int) -> list[bytes]:
        """Hashes of up to 256 complete subtrees of 2**level leaves, from position `start` on; level 0: the leaves."""
        ...
