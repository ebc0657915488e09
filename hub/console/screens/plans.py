"""再送計画: all of them, and making one. Making freezes the selection and judges it; nothing is sent."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from hub.console import filters, forms, reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.ports.plans import NewPlan
from hub.ports.store import DeadFilter
from hub.support import plans, sight

MANY = 30
_MOST_IDS = 500


def list_(page: Page) -> Response:
    before = page.query.get("before", "")
    last = int(before) if before.isdecimal() else None
    found = sight.plans_seen(page.actor, page.app.registry, page.app.store, last, MANY + 1)
    return page.show("plans.html", plans=found[:MANY], more=found[MANY - 1].id if len(found) > MANY else None)


def new(page: Page) -> Response:
    """The selection comes with the address, as the lists have it; here it is looked over and given a reason."""
    said = filters.words(page.query)
    ids = page.query.get("ids", "")
    first = page.app.store.dead_letters(_where(page, page.query), limit=1)
    return page.show(
        "plan_new.html",
        said={name: value for name, value in said.items() if value and name != "state"},
        ids=ids,
        example=first[0] if first else None,
        partners=sorted(page.app.registry.partners),
    )


def make(page: Page) -> Response:
    given = {name: value for name, value in page.form.items() if isinstance(value, str)}
    where = _where(page, given)
    if where == DeadFilter():
        raise Refused("replay.nothing", "name at least one criterion")
    _within(page.actor, where, page)
    new_plan = NewPlan(where, page.actor.name, page.needed("reason"), forms.number(page.form, "rate") or None)
    made = plans.create(page.app.store, page.app.bench.hub, new_plan)
    return page.go(f"/plans/{made.id}", "done.planned")


def _where(page: Page, given: Mapping[str, str]) -> DeadFilter:
    where = filters.read(page, {**given, "state": "open"})
    ids = [word for word in given.get("ids", "").replace(",", " ").split() if word.isdecimal()]
    if not ids:
        return where
    return replace(where, ids=tuple(sorted({int(word) for word in ids[:_MOST_IDS]})))


def _within(actor: Actor, where: DeadFilter, page: Page) -> None:
    """A confined account names the partner it is confined to, or messages it can see."""
    if not (actor.partners or actor.flows):
        return
    if where.ids is not None:
        found = page.app.store.dead_letters(where, limit=_MOST_IDS)
        if all(reach.sees(page, one.hop, one.type) for one in found):
            return
    elif where.hop is not None and where.type is not None and reach.sees(page, where.hop, where.type):
        return
    raise Refused("access.denied", f"{actor.name} names hop and type of what it works for, or single messages")


SCREENS = (
    sees("/plans", Right.WATCH, list_),
    sees("/plans/new", Right.REPLAY, new),
    does("/plans", Right.REPLAY, make),
)
