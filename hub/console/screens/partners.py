"""連携先: who is connected, with which contracts, and whether messages go to them now."""

from collections import Counter

from starlette.responses import Response

from hub.clock import now_us
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.console.screens.overview import RECENT_US
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.support import sight


def list_(page: Page) -> Response:
    """One block for each connector, and one for each partner that only sends."""
    registry, store = page.app.registry, page.app.store
    sent = Counter[str]()
    for hop, _type, count in store.traffic(now_us() - RECENT_US):
        sent[hop] += count
    dead = Counter[str]()
    for hop, _code, state, count, _at in store.dead_counts():
        dead[hop] += count if state in ("open", "replaying") else 0
    seen = [
        name
        for name in sorted({*registry.partners, *registry.connectors})
        if (name not in registry.connectors and not page.actor.partners)
        or name in page.actor.partners
        or (name in registry.connectors and sight.connector_seen(page.actor, registry, name))
    ]
    types: dict[str, set[str]] = {name: set() for name in seen}
    comes: dict[str, set[str]] = {name: set() for name in seen}
    for line in page.desk.lines:
        if line.connector in types:
            types[line.connector].add(line.type)
        for source, type_ in line.sources:
            if source in comes:
                comes[source].add(type_)
    backlog = store.backlog([f"delivery.{name}" for name in seen if name in registry.connectors])
    circuits = {name: store.circuit(name) for name in seen if name in registry.connectors}
    stopped = {name for name, one in circuits.items() if one.paused or one.state != "closed"}
    return page.show(
        "partners.html",
        partners=sorted(seen, key=lambda name: (name not in stopped, name)),
        connectors=registry.connectors,
        circuits=circuits,
        goes={name: sorted(found) for name, found in types.items()},
        comes={name: sorted(found) for name, found in comes.items()},
        sent=sent,
        backlog=backlog,
        dead=dead,
        minutes=RECENT_US // 60_000_000,
    )


def pause(page: Page) -> Response:
    name = _known(page)
    page.app.store.set_paused(name, page.needed("reason"))
    return page.go("/partners", "done.connector_paused")


def resume(page: Page) -> Response:
    name = _known(page)
    page.app.store.set_paused(name, None)
    return page.go("/partners", "done.connector_resumed")


def _known(page: Page) -> str:
    name = page.app.registry.connector(page.word("name")).name
    if not sight.connector_whole(page.actor, page.app.registry, name):
        raise Refused("access.denied", f"{page.actor.name} does not work for all that goes to {name}")
    return name


SCREENS = (
    sees("/partners", Right.WATCH, list_),
    does("/partners/{name}/pause", Right.OPERATE, pause),
    does("/partners/{name}/resume", Right.OPERATE, resume),
)
