"""保留: messages that do not leave before two people have looked at that very content."""

from collections import Counter

from starlette.responses import Response

from hub.clock import now_us
from hub.console import reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.holds import Hold, HoldAct, HoldState
from hub.support import differences, holds, masking, previous
from hub.support.masking import Row

MANY = 50
WAITING = (HoldState.OPEN, HoldState.REVIEWED, HoldState.APPROVED)


def list_(page: Page) -> Response:
    """Those that wait for somebody, or with `state=all` every one."""
    states = tuple(HoldState) if page.query.get("state") == "all" else WAITING
    after = page.query.get("after", "")
    found = page.app.store.holds(states, int(after) if after.isdecimal() else 0, MANY + 1)
    return page.show(
        "holds.html",
        holds=[one for one in found[:MANY] if reach.sees(page, one.hop, one.type)],
        every=page.query.get("state") == "all",
        more=found[MANY - 1].id if len(found) > MANY else None,
        counts=Counter(one.state for one in found),
    )


def show(page: Page) -> Response:
    return _shown(page, None)


def reveal(page: Page) -> Response:
    """One field of what would leave. Who looked and why is kept before it is shown."""
    hold, reason = _found(page, Right.REVEAL), page.needed("reason")
    content = holds.content(page.app.store, page.app.bench.hub, hold.id)
    rows = masking.rows(content.text.encode(), None, page.app.settings.max_body_bytes)
    number = page.form.get("field", "")
    row = masking.one(rows, int(number) if isinstance(number, str) and number.isdecimal() else -1)
    page.app.store.note_hold(hold.id, HoldAct(now_us(), page.actor.name, "look", f"{row.path}: {reason}"))
    return _shown(page, row)


def reveal_difference(page: Page) -> Response:
    """Both values of one thing that differs from what was sent last time."""
    hold, reason = _found(page, Right.REVEAL), page.needed("reason")
    before = previous.previous(page.app.store, page.app.bench.hub, hold.id)
    field = page.form.get("field", "")
    number = int(field) if isinstance(field, str) and field.isdecimal() else -1
    one = differences.one([] if before is None else list(before.differences), number)
    act = HoldAct(now_us(), page.actor.name, "look", f"{one.path} (now and last time): {reason}")
    page.app.store.note_hold(hold.id, act)
    return _shown(page, None, number)


def review(page: Page) -> Response:
    """It may go, or what is left of it without some items."""
    hold = _found(page, Right.REVIEW)
    items = [str(code) for code in page.form.getlist("withhold")]
    reason, ticket = page.needed("reason"), page.given("ticket") or None
    holds.review(page.app.store, page.app.bench.hub, hold.id, page.actor.name, reason, items, ticket)
    return page.go(f"/holds/{hold.id}", "done.reviewed")


def approve(page: Page) -> Response:
    hold = _found(page, Right.APPROVE)
    reason = page.needed("reason")
    holds.approve(page.app.bench, hold.id, page.actor.name, reason, page.needed("agreed"))
    return page.go(f"/holds/{hold.id}", "done.approved")


def refuse(page: Page) -> Response:
    hold = _found(page, Right.REVIEW)
    holds.refuse(page.app.store, hold.id, page.actor.name, page.needed("reason"))
    return page.go(f"/holds/{hold.id}", "done.refused")


def _found(page: Page, right: Right) -> Hold:
    hold = holds.found(page.app.store, page.number("hold_id"))
    reach.need(page, right, hold.hop, hold.type)
    return hold


def _shown(page: Page, revealed: Row | None, compared: int | None = None) -> Response:
    """Without the right to read bodies, or where it cannot be prepared any more, without its content."""
    hold = _found(page, Right.WATCH)
    content, before, problem = None, None, None
    if page.may(Right.READ):
        try:
            content = holds.content(page.app.store, page.app.bench.hub, hold.id)
            before = previous.previous(page.app.store, page.app.bench.hub, hold.id)
        except Refused as error:
            problem = error
    limit = page.app.settings.max_body_bytes
    return page.show(
        "hold.html",
        hold=hold,
        content=content,
        problem=problem,
        rows=() if content is None else masking.rows(content.text.encode(), None, limit),
        revealed=revealed,
        before=before,
        compared=compared,
        acts=page.app.store.hold_acts(hold.id),
        reviewer=holds.reviewer(page.app.store, hold.id),
        undecided=hold.state in WAITING,
    )


SCREENS = (
    sees("/holds", Right.WATCH, list_),
    sees("/holds/{hold_id:int}", Right.WATCH, show),
    does("/holds/{hold_id:int}/reveal", Right.REVEAL, reveal),
    does("/holds/{hold_id:int}/difference", Right.REVEAL, reveal_difference),
    does("/holds/{hold_id:int}/review", Right.REVIEW, review),
    does("/holds/{hold_id:int}/approve", Right.APPROVE, approve),
    does("/holds/{hold_id:int}/refuse", Right.REVIEW, refuse),
)
