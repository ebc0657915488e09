"""全体: is it flowing, and what waits for me."""

from collections import Counter

from starlette.responses import Response

from hub import permission
from hub.clock import now_us
from hub.console import flow_map, reach
from hub.console.page import Page
from hub.console.screen import sees
from hub.ports.accounts import Right
from hub.support import cases, holds, sight

FEW = 5
RECENT_US = 10 * 60 * 1_000_000
LATE_US = 15 * 60 * 1_000_000  # longer than this nothing should wait that waits for no person


def overview(page: Page) -> Response:
    """All of it from the store: the broker need not be reachable."""
    store, registry, now = page.app.store, page.app.registry, now_us()
    seen = [one for one in store.causes(now) if reach.sees(page, one.cause.hop, one.cause.type)]
    held = holds.totals(store, registry, page.actor)
    overdue = [one for one in store.overdue(now) if reach.sees(page, one[0], one[1])]
    circuits = {name: store.circuit(name) for name in registry.connectors}
    sent: Counter[tuple[str, str]] = Counter()
    for hop, type_, count in store.traffic(now - RECENT_US):
        sent[hop, type_] += count
    drawn = flow_map.draw(page.desk.lines, flow_map.troubles(seen, held, overdue), circuits, sent)
    list_ = permission.in_force(store.permission_lists(), now)
    hops = [f"delivery.{name}" for name in circuits if sight.connector_seen(page.actor, registry, name)]
    waiting = [oldest for _count, oldest in store.backlog(hops).values() if oldest is not None]
    return page.show(
        "overview.html",
        oldest=min(waiting, default=None),
        late=min(waiting, default=now) < now - LATE_US,
        map=drawn,
        geometry=flow_map,
        flows=page.desk.flows,
        minutes=RECENT_US // 60_000_000,
        dead=sum(one.letters for one in seen),
        held=sum(count for _hop, _code, count, _at in held),
        overdue=sum(count for _hop, _type, count, _at in overdue),
        stopped=[(name, one) for name, one in circuits.items() if one.paused or one.state != "closed"],
        fence=page.app.fence_summary(),
        no_list=bool(registry.asked()) and list_ is None,
        cases=[one for one in cases.all_cases(store) if reach.sees(page, one.row.cause.hop, one.row.cause.type)][:FEW],
    )


SCREENS = (sees("/", Right.WATCH, overview),)
