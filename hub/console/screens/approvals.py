"""承認: what waits for a second person; what would happen is told before it is agreed to."""

from starlette.responses import Response

from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import BrokerUnavailable
from hub.ports.accounts import Right
from hub.ports.requests import RequestKind
from hub.support import approvals, plans

FEW = 20
# where the second person of what takes it in its own state decides
PLACES = {
    "edit": "/edits/", "hold": "/holds/", "fence": "/fences/", "erasure": "/erasures/",
    "discard": "/approvals/", "replay": "/approvals/",
}  # fmt: skip


def list_(page: Page) -> Response:
    """What others ask, to be decided by those who may; and what one has asked oneself."""
    found = approvals.waiting(page.app.store, page.app.registry, page.actor)
    return page.show(
        "approvals.html",
        others=[one for one in found if one.who != page.actor.name],
        own=[one for one in found if one.who == page.actor.name],
        places=PLACES,
    )


def show(page: Page) -> Response:
    """Exactly what will be done: how many, which, and what becomes of each by the dry run."""
    store = page.app.store
    request = approvals.look(store, page.app.registry, page.number("request_id"), page.actor)
    replay = request.kind is RequestKind.REPLAY
    letters = [store.dead_letter(one) for one in ([] if replay else request.subjects[:FEW])]
    progress = plans.progress(store, request.subjects[0]) if replay else None
    return page.show(
        "approval.html",
        request=request,
        letters=[one for one in letters if one is not None],
        prospects=[] if progress is None else list(progress.tally.prospects.items()),
        own=request.who == page.actor.name,
    )


def approve(page: Page) -> Response:
    request_id = page.number("request_id")
    if page.desk.broker_problem():
        raise BrokerUnavailable("nothing was approved")
    approvals.approve(page.app.bench, request_id, page.actor, page.needed("reason"))
    return page.go(f"/approvals/{request_id}", "done.agreed")


def refuse(page: Page) -> Response:
    request_id = page.number("request_id")
    approvals.refuse(page.app.store, page.app.registry, request_id, page.actor, page.needed("reason"))
    return page.go(f"/approvals/{request_id}", "done.not_agreed")


def withdraw(page: Page) -> Response:
    request_id = page.number("request_id")
    approvals.withdraw(page.app.store, request_id, page.actor, page.needed("reason"))
    return page.go(f"/approvals/{request_id}", "done.withdrawn")


def ask_replay(page: Page) -> Response:
    """For a plan that one person may not run alone."""
    plan_id = page.number("plan_id")
    made = approvals.ask_replay(page.app.bench, plan_id, page.actor, page.given("ticket") or None)
    return page.go(f"/approvals/{made.id}", "done.asked")


def ask_discard(page: Page) -> Response:
    """Of one failed message: it ends, and what it carried does not arrive."""
    dead_id = page.number("dead_id")
    made = approvals.ask_discard(
        page.app.bench, [dead_id], page.actor, page.needed("reason"), page.given("ticket") or None
    )
    return page.go(f"/approvals/{made.id}", "done.asked")


SCREENS = (
    sees("/approvals", Right.WATCH, list_),
    sees("/approvals/{request_id:int}", Right.WATCH, show),
    does("/approvals/{request_id:int}/approve", Right.APPROVE, approve),
    does("/approvals/{request_id:int}/refuse", Right.APPROVE, refuse),
    does("/approvals/{request_id:int}/withdraw", Right.WORK, withdraw),
    does("/plans/{plan_id:int}/ask", Right.REPLAY, ask_replay),
    does("/letters/{dead_id:int}/discard", Right.DISCARD, ask_discard),
)
