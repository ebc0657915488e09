"""What `renkei top` shows: one look at store, broker and the processes of this home."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from hub.app import MEMORY, App
from hub.clock import now_us
from hub.errors import BrokerUnavailable
from hub.metrics import samples
from hub.ports.broker import Broker
from hub.topology import delivery_queue, door_queue, hub_lane, urgent_lane

_SECONDS = 2.0  # for a process to tell its metrics


@dataclass(frozen=True, slots=True)
class Line:
    """One connector. `queued`: in its queues, None where the broker cannot be asked; `oldest`: age in seconds."""

    name: str
    state: str
    queued: int | None
    sending: int
    open: int
    oldest: float | None
    dead: int
    held: int
    overdue: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts since the processes started, of those that could be asked."""

    flow: str
    taken_in: int = 0
    delivered: int = 0
    retried: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`notes`: what could not be looked at; `doors`: messages at each partner's door."""

    at: float
    lines: tuple[Line, ...]
    doors: Mapping[str, int | None]
    flows: tuple[Flow, ...]
    protection: str
    processes: int
    notes: tuple[str, ...] = field(default=())


def look(app: App, http: urllib3.PoolManager) -> Snapshot:
    """Raises StoreUnavailable, ConfigError."""
    store, registry, now = app.store, app.registry, now_us()
    notes: list[str] = []
    depths = _depths(app, notes)
    hops = {name: delivery_queue(name) for name in registry.connectors}
    backlog = store.backlog(hops.values())
    dead = _by_hop((hop, count) for hop, _code, state, count, _at in store.dead_counts() if state == "open")
    held = _by_hop((hop, count) for hop, _code, count, _at in store.hold_counts())
    overdue = _by_hop((hop, count) for hop, _type, count, _at in store.overdue(now))
    lines = []
    for name, hop in hops.items():
        circuit = store.circuit(name)
        count, since = backlog.get(hop, (0, None))
        lines.append(
            Line(
                name=name,
                state="paused" if circuit.paused else "draining" if circuit.draining else circuit.state,
                queued=_sum(depths, hop, urgent_lane(hop)),
                sending=store.in_flight(hop, now),
                open=count,
                oldest=None if since is None else max(0.0, (now - since) / 1_000_000),
                dead=dead.get(hop, 0),
                held=held.get(hop, 0),
                overdue=overdue.get(hop, 0),
                reason=circuit.paused_reason,
            )
        )
    found = app.fence_summary()
    measures = ", ".join(f"{count} {state}" for state, count in found.states.items()) or "no measures"
    flows, processes = _flows(app.home.targets, http, notes)
    return Snapshot(
        at=time.time(),
        lines=tuple(lines),
        doors={
            name: _sum(depths, door_queue(name), urgent_lane(door_queue(name)), hub_lane(name))
            for name in registry.doors()
        },
        flows=flows,
        protection=f"{'ready' if found.ready else 'NOT READY: nothing leaves the city'}; {measures}",
        processes=processes,
        notes=tuple(notes),
    )


def _by_hop(counts: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for hop, count in counts:
        found[hop] = found.get(hop, 0) + count
    return found


def _sum(depths: Mapping[str, int] | None, *queues: str) -> int | None:
    return None if depths is None else sum(depths.get(queue, 0) for queue in queues)


def _depths(app: App, notes: list[str]) -> Mapping[str, int] | None:
    if app.settings.amqp_url in (None, MEMORY):
        notes.append("the broker lives in the hub's own process and cannot be asked from here")
        return None
    try:
        broker: Broker = app.broker
        return {queue.name: broker.depth(queue.name) for queue in app.topology.queues}
    except BrokerUnavailable as error:
        notes.append(f"the broker does not answer: {error.detail}")
        return None


def _flows(targets: Path, http: urllib3.PoolManager, notes: list[str]) -> tuple[tuple[Flow, ...], int]:
    """From the processes that have announced themselves, and how many of them answered."""
    counts: dict[str, dict[str, int]] = {}
    addresses = list(_announced(targets))
    answered = 0
    for address in addresses:
        try:
            text = http.request("GET", f"http://{address}/metrics", timeout=_SECONDS).data.decode()
        except (urllib3.exceptions.HTTPError, UnicodeDecodeError):
            notes.append(f"the process at {address} does not answer")
            continue
        answered += 1
        for labels, value in samples(text, "renkei_messages_total"):
            column = _column(labels["hop"], labels["outcome"])
            if column and labels["flow"] != "unknown":
                of_flow = counts.setdefault(labels["flow"], {})
                of_flow[column] = of_flow.get(column, 0) + int(value)
    if not addresses:
        notes.append("no process has announced itself in this home: counts by flow are missing")
    return tuple(Flow(flow, **found) for flow, found in sorted(counts.items())), answered


def _column(hop: str, outcome: str) -> str | None:
    if outcome in ("dead", "delivered"):
        return outcome
    if outcome == "retry":
        return "retried"
    return "taken_in" if hop.startswith("intake.") and outcome == "forwarded" else None


def _announced(targets: Path) -> Iterator[str]:
    for file in sorted(targets.glob("*.json")):
        try:
            groups = json.loads(file.read_text(encoding="utf-8"))
            yield from (str(address) for group in groups for address in group["targets"])
        except (OSError, ValueError, LookupError, TypeError):  # gone, or not a process's
            continue
