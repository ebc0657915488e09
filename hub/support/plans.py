"""Replay plans: made, judged, shown, paused, cancelled. Running one is `hub.support.runs`."""

from dataclasses import dataclass

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.broker import Broker
from hub.ports.plans import ItemState, NewPlan, Plan, PlanState, Prospect, Tally
from hub.ports.store import Store
from hub.services import Services
from hub.support.judges import judge

PAGE = 200  # all of a page are open at once
# What is handed to its hop: there alone it is decided, and closed where it is not to be sent.
GOES = frozenset({Prospect.DELIVER, Prospect.WAITS, Prospect.SUPERSEDED, Prospect.ALREADY, Prospect.PROTECTED})
UNFINISHED = (PlanState.PLANNED, PlanState.RUNNING, PlanState.PAUSED, PlanState.HALTED)


@dataclass(frozen=True, slots=True)
class Bench:
    """What replaying needs. `replay_alone`, `request_hours`: see the settings."""

    store: Store
    broker: Broker
    hub: Services
    replay_alone: int
    request_hours: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`runs`: a living process is at it. `expected_end`: microseconds since 1970; None where nothing moves."""

    plan: Plan
    tally: Tally
    runs: bool
    expected_end: int | None

    @property
    def pending(self) -> int:
        return self.tally.count(ItemState.PENDING, ItemState.CLAIMED)


def create(store: Store, hub: Services, new: NewPlan) -> Plan:
    """Freeze the selection and judge it. Raises Refused `replay.nothing` for an empty one."""
    plan = store.create_plan(new)
    if not store.plan_items(plan.id, limit=1):
        store.move_plan(plan.id, [PlanState.PLANNED], PlanState.CANCELLED)
        raise Refused("replay.nothing", "no open dead letter fits")
    judge_all(store, hub, plan.id)
    return plan


def judge_all(store: Store, hub: Services, plan_id: int) -> None:
    """The dry run: judge what is still to be sent by today's configuration and books."""
    after, began = 0, now_us()
    while page := store.plan_items(plan_id, [ItemState.PENDING], after_id=after, limit=PAGE):
        store.save_judged(plan_id, judge(page, store, hub))
        after = page[-1].dead_id
    store.rank_records(plan_id, began)


def known(store: Store, plan_id: int) -> Plan:
    """Raises Refused `replay.unknown`."""
    plan = store.plan(plan_id)
    if plan is None:
        raise Refused("replay.unknown", f"there is no plan {plan_id}")
    return plan


def progress(store: Store, plan_id: int) -> Progress:
    """How far it is, by the journal of this moment."""
    store.observe_items(plan_id)
    plan = known(store, plan_id)
    tally = store.tally(plan)
    now = now_us()
    runs = plan.runner is not None and plan.runner_until > now
    pending = tally.count(ItemState.PENDING)
    done = plan.entered_pending - pending
    expected = None
    if plan.state is PlanState.RUNNING and runs and plan.entered_at is not None and done > 0:
        expected = now + (now - plan.entered_at) * pending // done
    return Progress(plan, tally, runs, expected)


def pause(store: Store, plan_id: int) -> None:
    """The process that runs it stops after the messages it has in hand. Raises Refused `replay.state`."""
    plan = known(store, plan_id)
    if not store.move_plan(plan_id, [PlanState.PLANNED, PlanState.RUNNING], PlanState.PAUSED):
        raise Refused("replay.state", f"plan {plan_id} is {plan.state.value}")
