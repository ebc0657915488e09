"""One replay plan: what was judged, how far it is, and running it."""

from enum import Enum
from typing import TypeVar

from starlette.responses import Response

from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import BrokerUnavailable, Refused
from hub.ports.accounts import Right
from hub.ports.plans import ItemState, PlanState, Prospect
from hub.support import plans, runs, sight
from hub.support.plans import GOES, Progress

E = TypeVar("E", bound=Enum)
NEEDS_ANOTHER = "approval.needed"
MANY = 50
STARTS = (PlanState.PLANNED, PlanState.RUNNING)
RESUMES = (PlanState.RUNNING, PlanState.PAUSED, PlanState.HALTED)


def show(page: Page) -> Response:
    """With a list of those judged alike, or in one state, where the address asks for one."""
    found = plans.progress(page.app.store, _number(page))
    prospect = _one_of(Prospect, page.query.get("judged", ""))
    state = _one_of(ItemState, page.query.get("state", ""))
    after = page.query.get("after", "")
    items = []
    if prospect is not None or state is not None:
        items = page.app.store.plan_items(
            found.plan.id,
            [] if state is None else [state],
            after_id=int(after) if after.isdecimal() else 0,
            limit=MANY + 1,
            prospect=prospect,
        )
    return page.show(
        "plan.html",
        found=found,
        plan=found.plan,
        tally=found.tally,
        total=sum(found.tally.states.values()),
        going=going(found),
        prospects=[(one, found.tally.prospects[one]) for one in Prospect if found.tally.prospects.get(one)],
        states=[(one, found.tally.states[one]) for one in ItemState if found.tally.states.get(one)],
        judged=prospect,
        state=state,
        items=items[:MANY],
        more=items[MANY - 1].dead_id if len(items) > MANY else None,
        failure=page.desk.runners.failure(found.plan.id),
        bars=bars(found),
    )


def run(page: Page) -> Response:
    return _start(page, STARTS)


def resume(page: Page) -> Response:
    return _start(page, RESUMES)


def pause(page: Page) -> Response:
    plans.pause(page.app.store, _number(page))
    return page.go(f"/plans/{page.number('plan_id')}", "done.paused")


def judge(page: Page) -> Response:
    """Once more, by today's rules."""
    plan_id = _number(page)
    plans.known(page.app.store, plan_id)
    plans.judge_all(page.app.store, page.app.bench.hub, plan_id)
    return page.go(f"/plans/{plan_id}", "done.judged")


def cancel(page: Page) -> Response:
    runs.cancel(page.app.bench, _number(page))
    return page.go(f"/plans/{page.number('plan_id')}", "done.cancelled")


def going(found: Progress) -> int:
    """How many pressing the button sends: a message that was handed over keeps its judgement, so no more than wait."""
    fit = sum(count for prospect, count in found.tally.prospects.items() if prospect in GOES)
    return min(fit, found.pending)


def bars(found: Progress) -> list[tuple[str, int, int, int]]:
    """(name, count, begin, width) of the verdicts along a bar of 1000 units; none so thin that it cannot be seen."""
    counts = [(one.value, found.tally.prospects.get(one, 0)) for one in Prospect if found.tally.prospects.get(one)]
    total = sum(count for _, count in counts)
    least = 12
    spare = 1000 - least * len(counts)
    drawn, begin = [], 0
    for nth, (name, count) in enumerate(counts):
        width = 1000 - begin if nth == len(counts) - 1 else least + spare * count // total
        drawn.append((name, count, begin, width))
        begin += width
    return drawn


def _number(page: Page) -> int:
    """Raises Refused `access.denied` where a part of the plan belongs to others."""
    plan_id = page.number("plan_id")
    if not sight.plan_seen(page.actor, page.app.registry, page.app.store, plan_id):
        raise Refused("access.denied", f"{page.actor.name} does not work for all of plan {plan_id}")
    return plan_id


def _start(page: Page, states: tuple[PlanState, ...]) -> Response:
    plan_id = _number(page)
    if page.desk.broker_problem():
        raise BrokerUnavailable("nothing was started")
    try:
        page.desk.runners.start(plan_id, states)
    except Refused as error:
        if error.code != NEEDS_ANOTHER:
            raise
        return page.go(f"/plans/{plan_id}")  # where the second person can be asked for
    return page.go(f"/plans/{plan_id}", "done.started")


def _one_of(kind: type[E], word: str) -> E | None:
    return next((one for one in kind if one.value == word), None)


SCREENS = (
    sees("/plans/{plan_id:int}", Right.WATCH, show),
    does("/plans/{plan_id:int}/run", Right.REPLAY, run),
    does("/plans/{plan_id:int}/resume", Right.REPLAY, resume),
    does("/plans/{plan_id:int}/pause", Right.REPLAY, pause),
    does("/plans/{plan_id:int}/judge", Right.REPLAY, judge),
    does("/plans/{plan_id:int}/cancel", Right.REPLAY, cancel),
)
