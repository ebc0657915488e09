"""緊急閲覧: break-glass, for a while; everybody sees it, here and on every other screen."""

from starlette.responses import Response

from hub.clock import now_us
from hub.console import forms
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.ports.accounts import Right
from hub.support import emergencies

MANY = 50


def list_(page: Page) -> Response:
    """Newest first, those that are over as well."""
    before = page.query.get("before", "")
    found = page.app.store.emergencies(None, int(before) if before.isdecimal() else None, MANY + 1)
    return page.show(
        "emergencies.html",
        found=found[:MANY],
        now=now_us(),
        own=any(one.who == page.actor.name for one in page.emergencies),
        minutes=emergencies.MINUTES,
        most=emergencies.MOST_MINUTES,
        more=found[MANY - 1].id if len(found) > MANY else None,
    )


def begin(page: Page) -> Response:
    minutes = forms.number(page.form, "minutes")
    reason, ticket = page.needed("reason"), page.given("ticket") or None
    emergencies.begin(page.app.store, page.actor, reason, emergencies.MINUTES if minutes is None else minutes, ticket)
    return page.go("/emergencies", "done.emergency_begun")


def end(page: Page) -> Response:
    emergencies.end(page.app.store, page.number("emergency_id"), page.actor)
    return page.go("/emergencies", "done.emergency_ended")


SCREENS = (
    sees("/emergencies", Right.WATCH, list_),
    does("/emergencies", Right.EMERGENCY, begin),
    does("/emergencies/{emergency_id:int}/end", Right.WATCH, end),
)
