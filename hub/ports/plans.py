"""Replay plans in the store: a frozen selection of dead letters, what was judged of each, and how far its run is.

planned ─▶ running ─▶ done          running ◀─▶ paused (a person), halted (the run itself)
any but done ─▶ cancelled

An item: pending ─▶ claimed (about to be published) ─▶ sent ─▶ what became of it at its hop
                 ├▶ kept (stays a dead letter: judged unfit)
                 └▶ gone (somebody else closed the dead letter meanwhile)
Times are microseconds since 1970 UTC. Nothing here is a body, a name or a number of a person.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hub.ports.letters import DeadFilter


class PlanState(Enum):
    PLANNED = "planned"
    RUNNING = "running"  # or its process died: see Plan.runner_until
    PAUSED = "paused"
    HALTED = "halted"  # stopped by itself, `halted_by` says why
    CANCELLED = "cancelled"
    DONE = "done"  # everything was handed over; what became of it is still followed


class ItemState(Enum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    FORWARDED = "forwarded"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    DISCARDED = "discarded"
    REPLACED = "replaced"
    ERASED = "erased"
    FAILED = "failed"  # a dead letter again
    WAITING = "waiting"  # in the store, behind an earlier one of its record
    HELD = "held"
    KEPT = "kept"
    GONE = "gone"


class Prospect(Enum):
    """What would become of a message if it were replayed now."""

    DELIVER = "deliver"
    WAITS = "waits"  # behind an earlier one of the same record
    SUPERSEDED = "superseded"  # a newer version was sent: it is not sent, and closed
    ALREADY = "already_delivered"  # it is not sent, and closed
    INVALID = "invalid"  # it would be refused again: it stays a dead letter
    PROTECTED = "protected"  # would disclose a protected person: it is not sent, and held
    SENDER_ONLY = "sender_only"  # only the sender can send it again: it stays a dead letter


@dataclass(frozen=True, slots=True)
class NewPlan:
    """`rate`: most messages a minute, None for no limit. `insist`: hand over whatever the judges say."""

    where: DeadFilter
    who: str
    reason: str
    rate: int | None = None
    insist: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`selection`: the filter as JSON. `frozen_at`: id of the newest dead letter when the selection was frozen.
    `judged_at`: when the last dry run of all that is left began.

    `runner`, `runner_until`: the process that runs it, and when it counts as dead. `next_at`: when the rate allows the
    next. `entered_at`, `entered_pending`: when the present run began, and how many it had before it.
    """

    id: int
    state: PlanState
    selection: str
    rate: int | None
    insist: bool
    who: str
    reason: str
    created_at: int
    frozen_at: int
    judged_at: int | None
    halted_by: str | None
    runner: str | None
    runner_until: int
    next_at: int
    entered_at: int | None
    entered_pending: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a plan. `code`: of its dead letter. `attempt`: at which it died. `was`: keyed digest of the bytes
    that left then, or were about to; None where it did not come so far.

    `detail`: why it is judged so; `outgoing`: keyed digest of the bytes that would leave, None at intake; `record`:
    keyed hash of the record it is the state of; `result`: the code it died of again.
    """

    dead_id: int
    message_id: str
    correlation_id: str
    hop: str
    type: str
    code: str
    attempt: int
    was: str | None
    state: ItemState
    prospect: Prospect | None = None
    detail: str | None = None
    outgoing: str | None = None
    record: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`differs`: today's mapping makes other bytes of it than left, or would have left, when it died."""

    dead_id: int
    prospect: Prospect
    detail: str | None = None
    outgoing: str | None = None
    record: str | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one plan. `failures`: by the code that came again; `arrivals`: fits the filter and came later."""

    states: Mapping[ItemState, int]
    prospects: Mapping[Prospect, int]
    failures: Mapping[str, int]
    differing: int
    arrivals: int

    def count(self, *states: ItemState) -> int:
        return sum(self.states.get(state, 0) for state in states)


class Plans(Protocol):
    """Plans and their items. Every change is conditional on what it presumes, so that commands may meet."""

    def create_plan(self, new: NewPlan) -> Plan:
        """Freeze the selection: open dead letters and those whose replay was interrupted, as they are now."""
        ...

    def plan(self, plan_id: int) -> Plan | None: ...

    def plans(self, before_id: int | None = None, limit: int = 50) -> list[Plan]:
        """Newest first."""
        ...

    def plan_scope(self, plan_id: int) -> list[tuple[str, str]]:
        """(hop, message type) of all its messages, each once: to tell who may see it."""
        ...

    def standing_plan(self, where: DeadFilter) -> Plan | None:
        """The newest of this selection that is to be handed over whatever the judges say, and is not over."""
        ...

    def plan_items(
        self,
        plan_id: int,
        states: Collection[ItemState] = (),
        after_id: int = 0,
        limit: int = 100,
        prospect: Prospect | None = None,
        not_hops: Collection[str] = (),
    ) -> list[Item]:
        """In the order they are replayed in: that of their dead letters."""
        ...

    def save_judged(self, plan_id: int, judged: Sequence[Judged]) -> None: ...

    def rank_records(self, plan_id: int, judged_at: int) -> None:
        """All are judged, beginning at `judged_at`: of a record's that would be delivered, all but the first wait."""
        ...

    def enter_plan(
        self, plan_id: int, runner: str, now: int, until: int, states: Collection[PlanState], settle_only: bool = False
    ) -> bool:
        """Become its runner, where it is in one of `states` and nobody alive runs it; it is running then.

        `settle_only`: its state stays as it is.
        """
        ...

    def renew_plan(self, plan_id: int, runner: str, until: int) -> PlanState | None:
        """Its state; None when another process runs it by now."""
        ...

    def leave_plan(self, plan_id: int, runner: str, state: PlanState | None = None, why: str | None = None) -> None:
        """Give it up as a runner; where it is still running, it becomes `state`."""
        ...

    def move_plan(self, plan_id: int, states: Collection[PlanState], to: PlanState) -> bool: ...

    def claim_items(self, plan_id: int, runner: str, dead_ids: Sequence[int], now: int) -> list[int] | None:
        """Claim dead letters and items in one commit: the ids that may be published. None: stop, it is not ours to run.

        Whose dead letter is closed is gone. The rate's next moment moves on.
        """
        ...

    def mark_items(self, plan_id: int, dead_ids: Sequence[int]) -> None:
        """claimed → sent and replaying → replayed, after the publish is confirmed."""
        ...

    def put_items(self, plan_id: int, dead_ids: Sequence[int], state: ItemState) -> None:
        """Pending ones become KEPT, claimed ones GONE."""
        ...

    def observe_items(self, plan_id: int) -> None:
        """Note from the journal what became of those that were sent."""
        ...

    def tally(self, plan: Plan) -> Tally: ...

    def items_under_way(self) -> Mapping[ItemState, int]:
        """Counts over all plans that are neither done nor cancelled."""
        ...

    def newest_versions(self, hop: str, state_keys: Collection[str]) -> Mapping[str, tuple[int, str, bool]]:
        """Per record: the newest version sent, its digest, and whether it is known to have arrived."""
        ...

    def behind(self, hop: str, message_ids: Collection[str]) -> frozenset[str]:
        """Those with a place behind an earlier message of their record that has no end."""
        ...
