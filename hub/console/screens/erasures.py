"""消去: what lies here about one person, destroyed when two persons agree. No page of it names the person."""

from starlette.responses import Response

from hub.console.page import Page
from hub.console.screen import does, sees
from hub.ports.accounts import Right
from hub.ports.erasure import Erasure, ErasureState
from hub.support import erasure
from hub.support.search import search
from hub.support.sight import need_whole

MANY = 100


def list_(page: Page) -> Response:
    need_whole(page.actor)
    every = page.query.get("state") == "all"
    states = tuple(ErasureState) if every else (ErasureState.ASKED,)
    after = page.query.get("after", "")
    found = page.app.store.erasures(states, int(after) if after.isdecimal() else 0, MANY + 1)
    return page.show("erasures.html", erasures=found[:MANY], more=len(found) > MANY, every=every)


def show(page: Page) -> Response:
    """Asked: what would go, as it was when it was asked for. Done: what went."""
    one = _found(page)
    return page.show("erasure.html", one=one, waits=one.state is ErasureState.ASKED, own=one.who == page.actor.name)


def ask(page: Page) -> Response:
    """The number becomes keyed hashes here and now. Nothing is erased yet."""
    need_whole(page.actor)
    app, reason, number = page.app, page.needed("reason"), page.needed("number")
    person = search(app.store, app.sealer, app.registry, number, reason)  # the answer tells whether one is known
    made = erasure.ask(app.store, person, page.actor.name, reason, page.given("ticket") or None)
    return page.go(f"/erasures/{made.id}", "done.asked")


def approve(page: Page) -> Response:
    one, reason = _found(page), page.needed("reason")
    erasure.approve(page.app.store, one.id, page.actor.name, reason, page.app.settings.request_hours)
    return page.go(f"/erasures/{one.id}", "done.erased")


def refuse(page: Page) -> Response:
    one, reason = _found(page), page.needed("reason")
    erasure.refuse(page.app.store, one.id, page.actor.name, reason)
    return page.go(f"/erasures/{one.id}", "done.not_agreed")


def _found(page: Page) -> Erasure:
    need_whole(page.actor)
    return erasure.found(page.app.store, page.number("erasure_id"))


SCREENS = (
    sees("/erasures", Right.WATCH, list_),
    sees("/erasures/{erasure_id:int}", Right.WATCH, show),
    does("/erasures", Right.ERASE, ask),
    does("/erasures/{erasure_id:int}/approve", Right.APPROVE, approve),
    does("/erasures/{erasure_id:int}/refuse", Right.APPROVE, refuse),
)
