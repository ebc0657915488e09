"""Store port. One adapter (`hub.store`, SQLAlchemy Core) on SQLite and PostgreSQL; one suite runs on both.

All times are integer microseconds since 1970 UTC. Every method is one transaction, is thread-safe, and raises
StoreUnavailable when the database cannot be read or written; callers then send nothing and ack nothing. After it
the same call is simply made again, although the first may have been committed.
Everything is scoped by the municipality code (tenant) the store was opened with.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hub.ports.accounts import Accounts
from hub.ports.answers import Answers
from hub.ports.audit import Audit
from hub.ports.cases import Cases
from hub.ports.edits import Edits
from hub.ports.emergencies import Emergencies
from hub.ports.erasure import Erasures
from hub.ports.fence import Fences, Guard, Judgement
from hub.ports.holds import Holds, NewHold
from hub.ports.keys import KeyRotation
from hub.ports.keys import WrappedKey as WrappedKey
from hub.ports.letters import DeadFilter as DeadFilter
from hub.ports.permissions import Exchanged, Permissions
from hub.ports.persons import Alias as Alias
from hub.ports.persons import PersonRef as PersonRef
from hub.ports.plans import Plans
from hub.ports.requests import Requests
from hub.ports.retention import Retention
from hub.ports.sealed import SealedBody as SealedBody
from hub.ports.staff import Staff


class End(Enum):
    """How a message can end at a hop. Each message has exactly one end per hop (promise 1)."""

    FORWARDED = "forwarded"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    DISCARDED = "discarded"
    ERASED = "erased"  # what lay here about a person was erased
    REPLACED = "replaced"  # by an edit, which is a message of its own


class Progress(Enum):
    """Settled outcomes that are not ends."""

    RETRY = "retry"  # in a delay tier, attempt counted
    WAIT = "wait"  # in a delay tier, no attempt counted (partner down, lease of another)
    WAITING = "waiting"  # a sealed row in `sequence`, behind an earlier message of its record
    DEAD = "dead"  # a row in dead_letters, open
    HELD = "held"  # a row in holds: it does not leave before people have looked at it


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a message at a hop. `end` None: in progress."""

    digest: str
    end: End | None


@dataclass(frozen=True, slots=True)
class Child:
    """A message caused by a settled one: the delivery hop it enters (`hop` = "delivery.<connector>") or a reply.

    `digest`: the digest it will arrive with at that hop. `sequence_key`: keyed hash of the record whose messages go out
    in the order they were accepted; None where order does not matter or a version decides. `due_at`: until when it has
    to have its end (microseconds), None where nobody waits for it.
    """

    hop: str
    message_id: str
    type: str
    digest: str
    sequence_key: str | None = None
    due_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewDeadLetter:
    """A dead letter to write. `envelope`: JSON of the message's ids and type, `queue`: the origin queue.

    `stage`: where it failed; `explanation`: for people, without personal data; `persons`: whose message it is.
    `outgoing`: keyed digest of the bytes that left or were about to, None where it did not come so far.
    """

    code: str
    stage: str
    explanation: str
    queue: str
    envelope: str
    body: SealedBody
    persons: tuple[PersonRef, ...] = ()
    outgoing: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits in the store for an earlier one of its record. `envelope` as in NewDeadLetter.

    `persons`: whom it names, told when it begins to wait; not handed back.
    """

    message_id: str
    envelope: str
    body: SealedBody
    persons: tuple[PersonRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything one settled delivery writes, in one transaction with the rest of its batch.

    `hop`: "intake.<partner>" or "delivery.<connector>"; `digest`: keyed digest of the plaintext body;
    `leased_at`: the `now` of the granted LeaseRequest this settles, None where nothing was sent. Only that lease is
    closed: a send that outlived its lease must not close the one another worker has opened since.
    `in_doubt`: the lease closes without a known result, the next `open_leases` reports `prior_in_doubt`.
    `sequenced`: it has a place in a sequence at this hop, which an end gives up; `waiting`: with outcome WAITING.
    `hold`: with outcome HELD; `links`: persons it names by more than one number, which are the same from now on.
    `disclosed`: persons named in what left the city under that lease, None where nothing did.
    `told`: the id its publisher knows it by, who hears of this outcome, None where nobody does.
    `exchanged`: it is a step of an inquiry between bodies; `purpose`, `basis`: recorded with it.
    """

    hop: str
    message_id: str
    type: str
    source: str
    correlation_id: str
    digest: str
    attempt: int
    outcome: End | Progress
    code: str | None
    started_at: int
    settled_at: int
    children: tuple[Child, ...] = ()
    dead: NewDeadLetter | None = None
    leased_at: int | None = None
    in_doubt: bool = False
    sequenced: bool = False
    waiting: Waiting | None = None
    hold: NewHold | None = None
    links: tuple[PersonRef, ...] = ()
    disclosed: tuple[PersonRef, ...] | None = None
    exchanged: Exchanged | None = None
    purpose: str = ""
    basis: str = ""
    told: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """The wish to send one message now. `state_key`: keyed hash or None; `version`: None when unordered.

    `digest`: as in Settlement; it also decides whether two messages of the same version have the same content.
    `now`: different for each try, it names the lease. `deadline`: when the send, bounded by the connector's timeouts,
    is certainly over. `sequenced`: only the first message of its record that has no end yet may go out.
    `rate`: most sends a second to this connector, all processes together; None for no limit.
    `guard`: what the fence is asked, None where nothing leaves the city; then no record is written either.
    `purpose`: 事務手続コード; `basis`: the law it rests on; `withheld`: codes of items left out, separated by commas.
    """

    hop: str
    message_id: str
    type: str
    source: str
    correlation_id: str
    digest: str
    attempt: int
    persons: tuple[PersonRef, ...]
    state_key: str | None
    version: int | None
    owner: str
    now: int
    deadline: int
    sequenced: bool = False
    rate: float | None = None
    guard: Guard | None = None
    purpose: str = ""
    basis: str = ""
    withheld: str = ""


class Verdict(Enum):
    GRANTED = "granted"
    DUPLICATE = "duplicate"  # this message has its end here, or the same version with the same content was delivered
    ID_CONFLICT = "id_conflict"  # this id is known with another digest
    SUPERSEDED = "superseded"  # a newer version of the same state was sent or is being sent
    VERSION_CONFLICT = "version_conflict"  # the same version with other content
    BUSY = "busy"  # another send of this message or of the same state is alive
    CIRCUIT_OPEN = "circuit_open"  # or the connector is paused by a person
    THROTTLED = "throttled"  # the partner's rate is used up for now
    WAITING = "waiting"  # an earlier message of its record has no end yet
    UNPLACED = "unplaced"  # the intake hop that caused it has not been committed, so its place is not known yet
    UNREADY = "unready"  # the registry of fences is not the one known here, or not confirmed, or the record is not
    # signed: nothing is disclosed
    UNSHIELDED = "unshielded"  # its bytes must be made to say that the person is protected, then it may go
    HELD = "held"  # people have to look at it, see `LeaseVerdict.judgement`


@dataclass(frozen=True, slots=True)
class LeaseVerdict:
    """`prior_in_doubt` (with GRANTED): the send of attempt `prior_attempt` was abandoned or unanswered.

    `judgement` (with HELD): why.
    """

    verdict: Verdict
    prior_in_doubt: bool = False
    prior_attempt: int = field(default=0, compare=False)
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Circuit:
    """State of one connector's circuit, shared by all processes.

    `state`: "closed" | "open" (nothing goes out until `probe_at`) | "probing" (one lease holder tries one send).
    `failures`: consecutive; `openings`: consecutive openings without a success, drives the back-off.
    `paused`: stopped by a person, with `paused_reason`; `draining`: about to be, what is in hand still goes out.
    `allowance`: millionths of sends that the partner's rate allows at `allowance_at`.
    """

    state: str = "closed"
    failures: int = 0
    openings: int = 0
    probe_at: int = 0
    probe_owner: str | None = None
    probe_until: int = 0
    paused: bool = False
    paused_reason: str | None = None
    allowance: int = 0
    allowance_at: int = 0
    draining: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter as listed. `state`: "open" | "replaying" | "replayed" | "discarded" | "edited" | "erased"."""

    id: int
    message_id: str
    correlation_id: str
    hop: str
    type: str
    source: str
    code: str
    stage: str
    explanation: str
    attempt: int
    queue: str
    state: str
    at: int
    closed_by: str | None = None
    closed_reason: str | None = None
    closed_at: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One attempt at one hop, for `trace`. `at`: when it was settled, after `duration_us` in the hub's hands."""

    at: int
    hop: str
    message_id: str
    type: str
    source: str
    attempt: int
    outcome: str
    code: str | None
    duration_us: int


@dataclass(frozen=True, slots=True)
class Balance:
    """Promise 1 for one hop: `accepted` from the messages table; everything else from journal, dead letters, leases.

    Holds when accepted = sum(ends) + dead + waiting + held + in_progress, where in_progress is what the broker still
    has. `dead`: messages without an end whose dead letter is open or replaying; `leased`: those with a send not yet
    settled; `waiting`: those kept in the store behind an earlier one of their record; `held`: those for people to look
    at.
    """

    hop: str
    accepted: int
    ends: Mapping[str, int]
    dead: int
    leased: int
    waiting: int = 0
    held: int = 0


class Journal(Protocol):
    """Accepting, sending and settling messages."""

    def known(self, hop: str, message_ids: Collection[str]) -> Mapping[str, Known]: ...

    def settle(self, batch: Sequence[Settlement]) -> None:
        """Write a batch: message rows (own and children), journal rows, dead letters, closed leases.

        What was sent out of the city is recorded with its outcome, once more if it is settled again after a crash.

        Idempotent per (hop, message_id, attempt, outcome): settling the same again after a crash changes nothing, and
        an end once written is never replaced. WAIT and DUPLICATE may honestly come again with the same attempt: each
        `settled_at` is an entry of its own.
        """
        ...

    def open_leases(self, requests: Sequence[LeaseRequest]) -> list[LeaseVerdict]:
        """Decide each request in order and write lease and intended version for the granted ones, in one commit.

        With the same commit, what is about to leave the city is recorded, see `hub.ports.audit`.

        The version moves forward with the intent, not with the result: after an unanswered newer send, an older
        version must not go out.
        """
        ...

    def trace(self, message_id: str) -> list[JournalEntry]:
        """All attempts of this message and of everything with the same correlation id, in time order."""
        ...

    def balances(self) -> list[Balance]: ...

    def awaited(self) -> list[tuple[str, str, int, int]]:
        """(hop, type, count, oldest due_at) of messages that have to arrive by some time, and have no end yet."""
        ...

    def overdue(self, now: int) -> list[tuple[str, str, int, int]]:
        """(hop, type, count, oldest due_at) of messages that should have had their end by `now`."""
        ...

    def backlog(self, hops: Collection[str]) -> Mapping[str, tuple[int, int | None]]:
        """By hop: messages without an end, and when the oldest came of those that wait for no person (None: none).

        For people wait dead letters, held ones, and what stands behind such a one of its record. For polling: it reads
        no more than what is open.
        """
        ...

    def traffic(self, since: int) -> list[tuple[str, str, int]]:
        """(hop, type, count) of what ended since then, at least as far back as the newest entries of the journal go.

        For a picture that is drawn often: of more than 20,000 entries only the newest are counted.
        """
        ...


class Sequences(Protocol):
    """Messages that wait for an earlier one of their record."""

    def claim_releasable(self, hop: str, now: int, until: int, limit: int) -> list[Waiting]:
        """Waiting messages that are first of their record by now, oldest first; nobody else gets them before `until`.

        A claim that is not followed by `released` in time is given again: publishing one twice is harmless.
        """
        ...

    def releasable(self, hop: str) -> int:
        """How many wait and are first of their record by now, claimed or not: what is about to go out."""
        ...

    def released(self, hop: str, message_ids: Collection[str]) -> None:
        """They are back in their queue: their sealed bodies are removed here."""
        ...


class Suspects(Protocol):
    """Messages handed out before and settled by nobody, while they are handled: one may be what kills the process."""

    def suspect(self, queue: str, fingerprint: str, now: int) -> int:
        """Count and commit one more handling, before it begins; returns how many begun ones never ended."""
        ...

    def absolve(self, queue: str, fingerprint: str) -> None:
        """The handling ended and the process lives."""
        ...


class Circuits(Protocol):
    """Circuit state per connector; every change is read, computed by `hub.circuit` and written in one transaction."""

    def circuit(self, connector: str) -> Circuit: ...

    def circuit_success(self, connector: str, now: int) -> Circuit: ...

    def circuit_failure(self, connector: str, now: int, unavailable: bool, retry_after: float | None) -> Circuit: ...

    def claim_probe(self, connector: str, owner: str, now: int, until: int) -> bool:
        """True when this owner may send one message through the open circuit (now >= probe_at, no other probe)."""
        ...

    def give_back_probe(self, connector: str, owner: str) -> Circuit:
        """The owner of the probe had nothing that could be sent."""
        ...

    def set_paused(self, connector: str, reason: str | None) -> Circuit:
        """Pause with a reason, or resume with None. Either ends a draining."""
        ...

    def drain(self, connector: str, reason: str) -> Circuit:
        """Take nothing new from its queues, send what is in hand. A pause stays one."""
        ...

    def in_flight(self, hop: str, now: int) -> int:
        """Sends under way at a hop: leases that are open and not abandoned."""
        ...


class DeadLetters(Protocol):
    """Support work on dead letters. An act names who and why."""

    def dead_letters(self, where: DeadFilter, after_id: int = 0, limit: int = 100) -> list[DeadLetter]: ...

    def dead_letter(self, dead_id: int) -> DeadLetter | None: ...

    def dead_counts(self) -> list[tuple[str, str, str, int, int]]:
        """(hop, code, state, count, oldest at) per group."""
        ...

    def dead_body(self, dead_id: int) -> tuple[str, SealedBody]:
        """Envelope JSON and sealed body. Raises Refused `letter.unknown`."""
        ...

    def dead_bodies(self, dead_ids: Collection[int]) -> Mapping[int, tuple[str, SealedBody]]:
        """As `dead_body` of each, without those that are not there. A few hundred at once."""
        ...

    def note_look(self, dead_id: int, act: str, why: str = "", path: str = "", beside: str = "") -> None:
        """Record that whoever acts looks at its body (`look.body`) or, as it is, at one field (`reveal.field`).

        `beside`: the id of what is looked at together with it, such as "edit:3". Raises Refused `letter.unknown`: what
        is not on the record is not looked at.
        """
        ...

    def claim_replay(self, dead_id: int, who: str, reason: str) -> bool:
        """open → replaying (or still replaying after a crash): True when the caller may publish it now."""
        ...

    def mark_replayed(self, dead_id: int) -> None:
        """replaying → replayed, after the publish is confirmed."""
        ...

    def discard(self, dead_id: int, who: str, reason: str) -> bool:
        """open → discarded; the message ends as DISCARDED. False when it is not open."""
        ...

    def empty_closed(self, types: Collection[str]) -> int:
        """Empty the bodies of closed dead letters of these types, and those of their edits that are decided and sent.

        Returns how many dead letters. The rows stay, and what is still to be sent stays whole.
        """
        ...


class Keys(KeyRotation, Protocol):
    """Wrapped data keys. The store never sees an unwrapped key."""

    def key(self, key_id: str) -> WrappedKey | None: ...

    def current_key(self, purpose: str, subject: str | None) -> WrappedKey | None:
        """The newest key of this purpose and subject."""
        ...

    def add_key(self, key: WrappedKey) -> WrappedKey:
        """Insert; if another process was first for the same (purpose, subject) and both are current, return theirs.

        For purpose "epoch" a new key always becomes current; for "person" there is exactly one per subject.
        Raises MasterKeySupersededError.
        """
        ...

    def linked(self, aliases: Collection[Alias]) -> frozenset[Alias]:
        """All numbers of whoever these belong to, as far as it is known, these included."""
        ...

    def person_id(self, person: PersonRef) -> str:
        """The person's id, known by any of its aliases; unknown aliases are linked, an unknown person is created."""
        ...


class Store(
    Answers,
    Journal,
    Sequences,
    Suspects,
    Circuits,
    DeadLetters,
    Edits,
    Erasures,
    Emergencies,
    Keys,
    Plans,
    Cases,
    Fences,
    Holds,
    Permissions,
    Requests,
    Retention,
    Accounts,
    Staff,
    Audit,
    Protocol,
):
    dialect: str  # "sqlite" or "postgresql"
    tenant: str

    def check(self) -> None:
        """Raise StoreUnavailable unless the database answers and its schema version is the code's."""
        ...

    def close(self) -> None: ...
