"""保護: who is protected, by reference, and how far the targets have confirmed it. Raised at once, lifted by two."""

import unicodedata

from starlette.responses import Response

from hub.clock import now_us
from hub.console import formats
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.fence import ANCHOR, Standing
from hub.ports.accounts import Right
from hub.ports.persons import PersonRef
from hub.support import fences, sight
from hub.worker.fence_watch import remember

_DIGITS = 15


def list_(page: Page) -> Response:
    """What is not confirmed everywhere comes first, the oldest of it on top."""
    sight.need_whole(page.actor)
    store, targets, now = page.app.store, page.app.registry.fence_targets, now_us()
    lifted = page.query.get("state") == "all"
    found = fences.measures(store, lifted)
    found.sort(key=lambda one: (one.lifted, one.confirmed >= targets, one.raised.at))
    return page.show(
        "fences.html",
        measures=[(one, one.state(targets, now)) for one in found],
        targets=sorted(targets),
        every=lifted,
        summary=page.app.fence_summary(),
        reasons=fences.REASONS,
    )


def show(page: Page) -> Response:
    sight.need_whole(page.actor)
    measure = page.word("measure")
    acts = fences.history(page.app.store, measure)
    one = _standing(page, measure)
    targets, now = page.app.registry.fence_targets, now_us()
    return page.show("fence.html", one=one, state=one.state(targets, now), targets=sorted(targets), acts=acts, now=now)


def raise_(page: Page) -> Response:
    """The number becomes a keyed hash here and now; from this commit on nothing new about the person leaves."""
    number = unicodedata.normalize("NFKC", page.needed("number")).replace(" ", "").replace("-", "")
    if not (len(number) == _DIGITS and number.isascii() and number.isdecimal()):
        raise Refused("search.number", "a 宛名番号 has 15 digits")
    reason = page.given("reason_class")
    if reason not in fences.REASONS:
        raise Refused("registry.order", f"the reason must be one of {', '.join(fences.REASONS)}")
    subject = PersonRef("subject", (page.app.sealer.alias(ANCHOR, number),))
    measure, _ = fences.close(page.app.store, subject, page.given("item"), reason, page.actor.name)
    _remember(page)
    return page.go(f"/fences/{measure}", "done.raised")


def lift(page: Page) -> Response:
    sight.need_whole(page.actor)
    measure = page.word("measure")
    effective = formats.microseconds(page.given("effective")) or now_us()
    ticket = page.given("ticket") or None
    fences.request_lift(page.app.store, measure, page.actor.name, page.needed("reason"), effective, ticket)
    _remember(page)
    return page.go(f"/fences/{measure}", "done.lift_asked")


def approve(page: Page) -> Response:
    sight.need_whole(page.actor)
    measure = page.word("measure")
    fences.approve_lift(page.app.store, measure, page.actor.name, page.app.settings.request_hours)
    _remember(page)
    return page.go(f"/fences/{measure}", "done.lift_approved")


def _standing(page: Page, measure: str) -> Standing:
    found = next((one for one in fences.measures(page.app.store, lifted=True) if one.measure == measure), None)
    if found is None:
        raise Refused("registry.measure", "there is no such measure")
    return found


def _remember(page: Page) -> None:
    """So that a database restored from before this act is known to be older."""
    state = page.app.store.fence_state()
    if state is not None:
        remember(page.app.home.fence_position, page.app.store, state.at)


SCREENS = (
    sees("/fences", Right.READ, list_),
    sees("/fences/{measure}", Right.READ, show),
    does("/fences", Right.PROTECT, raise_),
    does("/fences/{measure}/lift", Right.PROTECT, lift),
    does("/fences/{measure}/approve", Right.APPROVE, approve),
)
