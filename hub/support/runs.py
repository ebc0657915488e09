"""Running a replay plan: a canary of one, of ten, then the rest; each message claimed, published, confirmed, marked.

One process runs a plan, under a lease in the store. Whoever comes after a crash first settles what was claimed: it is
published again, and the hop drops the second copy by its message id. So however often a plan is started, each message
has one effect. A cancelled plan has settled what it claimed: each message is a dead letter, or back in its hop.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from hub.clock import now_us
from hub.errors import BrokerUnavailable, Refused
from hub.ports.broker import Outgoing, PublishOutcome
from hub.ports.letters import DeadFilter
from hub.ports.plans import Item, ItemState, Plan, PlanState
from hub.ports.store import DeadLetter
from hub.support import clearance, plans
from hub.support.judges import judge
from hub.support.plans import GOES, Bench, Progress
from hub.support.replay import BODIES, sealed_anew, unsealed

TURN_US = 15_000_000  # a runner that has not renewed for so long counts as dead
CANARY = (1, 10)  # so many must have arrived before more follow
BATCH = 500
UNDECIDED = 2000  # at most so many handed over whose fate is open
PATIENCE = 120.0  # seconds in which nothing moves
POLL = 0.25
STANDS_US = 15 * 60_000_000
SPARED = 5  # failures of the rest that stop nothing
SHARE = 20  # beyond these, one in so many
ARRIVED = (ItemState.DELIVERED, ItemState.FORWARDED)


@dataclass(frozen=True, slots=True)
class Pace:
    """`patience`: seconds without any change after which a run gives up waiting.

    `stands_us`: for so long what the dry run found fit goes without another.
    """

    patience: float = PATIENCE
    turn_us: int = TURN_US
    stands_us: int = STANDS_US


Report = Callable[[Progress], None]


def run(bench: Bench, plan_id: int, states: Sequence[PlanState], report: Report, pace: Pace | None = None) -> Progress:
    """Run it to its end, or until it is paused, cancelled or halts. `states`: those it may be started from.

    Raises Refused `replay.unknown`, `replay.busy`, `replay.state`, `approval.needed`; StoreUnavailable and
    BrokerUnavailable leave it to be resumed.
    """
    runner = _enter(bench, plan_id, states, pace or Pace())
    return runner.run(report)


def hand_over(bench: Bench, plan_id: int) -> int:
    """Hand all of a plan over at once and wait for nothing: what `renkei dead replay` does. Returns how many went.

    Judged before, for what would be held. Raises as `run`.
    """
    plans.judge_all(bench.store, bench.hub, plan_id)
    runner = _enter(bench, plan_id, plans.UNFINISHED, Pace())
    return runner.hand_over()


def cancel(bench: Bench, plan_id: int, pace: Pace | None = None) -> Progress:
    """Nothing more of it goes out. What is claimed is settled, by its living runner or else here.

    Raises Refused `replay.unknown`, `replay.state`.
    """
    pace = pace or Pace()
    plan = plans.known(bench.store, plan_id)
    if plan.state is not PlanState.CANCELLED and not bench.store.move_plan(
        plan_id, plans.UNFINISHED, PlanState.CANCELLED
    ):
        raise Refused("replay.state", f"plan {plan_id} is {plan.state.value}")
    runner = _Run(bench, plan_id, pace)
    deadline = time.monotonic() + 2 * pace.turn_us / 1_000_000
    while not runner.enter([PlanState.CANCELLED], settle_only=True):
        if time.monotonic() > deadline:
            raise Refused("replay.busy", f"plan {plan_id} is cancelled; a process still has messages of it in hand")
        time.sleep(POLL)
    runner.settle_claimed()
    bench.store.leave_plan(plan_id, runner.name)
    return plans.progress(bench.store, plan_id)


def _enter(bench: Bench, plan_id: int, states: Sequence[PlanState], pace: Pace) -> "_Run":
    plan = plans.known(bench.store, plan_id)
    request = clearance.given(bench, plan) if plan.state in states else None
    runner = _Run(bench, plan_id, pace)
    if not runner.enter(states):
        plan = plans.known(bench.store, plan_id)
        if plan.state not in states:
            raise Refused("replay.state", f"plan {plan_id} is {plan.state.value}")
        raise Refused("replay.busy", f"another process runs plan {plan_id}; see `renkei replay show {plan_id}`")
    if request is not None:
        bench.store.finish_request(request)
    return runner


class _Run:
    """One process's turn at a plan."""

    def __init__(self, bench: Bench, plan_id: int, pace: Pace) -> None:
        self.name = str(uuid4())
        self._store, self._broker, self._hub = bench.store, bench.broker, bench.hub
        self._plan_id, self._pace = plan_id, pace

    def enter(self, states: Sequence[PlanState], settle_only: bool = False) -> bool:
        now = now_us()
        return self._store.enter_plan(self._plan_id, self.name, now, now + self._pace.turn_us, states, settle_only)

    def run(self, report: Report) -> Progress:
        self.settle_claimed()
        start = plans.progress(self._store, self._plan_id)
        before, moved_at = start, time.monotonic()
        while self._still_running():
            found = plans.progress(self._store, self._plan_id)
            report(found)
            if (why := _failing(start, found)) is not None:
                return self._end(PlanState.HALTED, why)
            if found.tally.states != before.tally.states:
                before, moved_at = found, time.monotonic()
            patient = time.monotonic() - moved_at < self._pace.patience
            if not found.pending and (not patient or not found.tally.count(ItemState.SENT)):
                return self._end(PlanState.DONE)
            if not patient:
                return self._end(PlanState.HALTED, "replay.undecided")
            if not self._send(_room(start, found), found):
                time.sleep(POLL)
        self._store.leave_plan(self._plan_id, self.name)
        return plans.progress(self._store, self._plan_id)

    def hand_over(self) -> int:
        sent = self.settle_claimed()
        while self._still_running():
            items = self._store.plan_items(self._plan_id, [ItemState.PENDING], limit=BATCH)
            if not items:
                self._end(PlanState.DONE)
                break
            sent += self._replay(items)
        return sent

    def settle_claimed(self) -> int:
        """What a runner that died had claimed is published again. What was closed meanwhile is gone."""
        settled = 0
        while items := self._store.plan_items(self._plan_id, [ItemState.CLAIMED], limit=BATCH):
            settled += self._publish(items)
        return settled

    def _still_running(self) -> bool:
        state = self._store.renew_plan(self._plan_id, self.name, now_us() + self._pace.turn_us)
        return state is PlanState.RUNNING

    def _end(self, state: PlanState, why: str | None = None) -> Progress:
        self._store.leave_plan(self._plan_id, self.name, state, why)
        return plans.progress(self._store, self._plan_id)

    def _send(self, room: int, found: Progress) -> int:
        """Hand over the next ones, no more than the canary, the rate and the partners' circuits allow."""
        if room <= 0 or found.plan.next_at > now_us():
            return 0
        most = min(room, BATCH, BATCH if found.plan.rate is None else max(1, found.plan.rate // 60))
        items = self._store.plan_items(self._plan_id, [ItemState.PENDING], limit=most, not_hops=self._closed_hops())
        if not items:
            return 0
        doubted = [item for item in items if not self._stands(item, found.plan)]
        unfit = {one.dead_id: one for one in judge(doubted, self._store, self._hub) if one.prospect not in GOES}
        self._store.save_judged(self._plan_id, list(unfit.values()))
        self._store.put_items(self._plan_id, list(unfit), ItemState.KEPT)
        return len(unfit) + self._replay([item for item in items if item.dead_id not in unfit])

    def _stands(self, item: Item, plan: Plan) -> bool:
        """It was found fit a moment ago. What has changed since its hop notices, as it notices everything."""
        judged_at = plan.judged_at
        fresh = judged_at is not None and 0 <= now_us() - judged_at < self._pace.stands_us
        return fresh and item.prospect in GOES

    def _closed_hops(self) -> list[str]:
        """Where nothing is to be added now: the partner is down, or a person has paused it or lets it run dry."""
        circuits = {name: self._store.circuit(name) for name in self._hub.registry.connectors}
        return [
            f"delivery.{name}" for name, one in circuits.items() if one.paused or one.draining or one.state != "closed"
        ]

    def _replay(self, items: Sequence[Item]) -> int:
        claimed = self._store.claim_items(self._plan_id, self.name, [item.dead_id for item in items], now_us())
        if not claimed:
            return 0
        return self._publish([item for item in items if item.dead_id in claimed])

    def _publish(self, items: Sequence[Item]) -> int:
        """Publish what is claimed, in order, as many bodies at once as memory is to hold."""
        ids = tuple(item.dead_id for item in items)
        letters = self._store.dead_letters(DeadFilter(ids=ids, state="replaying"), limit=len(ids))
        still = {letter.id for letter in letters}
        self._store.put_items(self._plan_id, [one for one in ids if one not in still], ItemState.GONE)
        return sum(self._hand_over(letters[at : at + BODIES]) for at in range(0, len(letters), BODIES))

    def _hand_over(self, letters: Sequence[DeadLetter]) -> int:
        """Publish these, and mark what is confirmed."""
        ready = self._ready(letters)
        outcomes = self._broker.publish(list(ready.values()))
        taken = [dead_id for dead_id, one in zip(ready, outcomes, strict=True) if one is PublishOutcome.CONFIRMED]
        self._store.mark_items(self._plan_id, taken)
        if len(taken) < len(ready):
            raise BrokerUnavailable("a queue did not take all messages; they stay claimed for the next try")
        return len(taken)

    def _ready(self, letters: Sequence[DeadLetter]) -> dict[int, Outgoing]:
        bodies = self._store.dead_bodies([letter.id for letter in letters])
        sealer = self._hub.sealer
        return {
            letter.id: sealed_anew(sealer, letter.queue, *unsealed(sealer, *bodies[letter.id]))
            for letter in letters
            if letter.id in bodies
        }


def _room(start: Progress, found: Progress) -> int:
    """How many more may be handed over: what is undecided counts as not arrived."""
    arrived = found.tally.count(*ARRIVED) - start.tally.count(*ARRIVED)
    undecided = found.tally.count(ItemState.SENT)
    proven = 0
    for step in CANARY:
        proven += step
        if arrived < proven:
            return proven - arrived - undecided
    return UNDECIDED - undecided


def _failing(start: Progress, found: Progress) -> str | None:
    """The code that came again too often: once in the canary, later a few and one in twenty."""
    again = {code: count - start.tally.failures.get(code, 0) for code, count in found.tally.failures.items()}
    code, count = max(again.items(), key=lambda pair: pair[1], default=("", 0))
    arrived = found.tally.count(*ARRIVED) - start.tally.count(*ARRIVED)
    spared = 0 if arrived < sum(CANARY) else SPARED + arrived // SHARE
    return code if count > spared else None
