"""The table of flows: which are numbered by the domain text, and what the configuration makes of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from hub.catalogue import Catalogue
from hub.topology import delivery_queue, door_queue

_ID = re.compile(r"F[0-9]+")
REPLAY = "F30"  # has no messages of its own: every hop has it


class Support(Enum):
    RUNS = "runs"
    OUTSIDE = "outside"  # the hub has no part in it
    ABSENT = "absent"  # not built


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow. `contracts` as "type v1"; `hops` by their queues, intakes first; `reason`: why it stays outside."""

    id: str
    title: str
    title_ja: str
    support: Support
    partners: tuple[str, ...]
    contracts: tuple[str, ...]
    hops: tuple[str, ...]
    reason: str | None


def table(found: Catalogue) -> list[FlowRow]:
    """All flows of config/flows.toml in its order."""
    if found.flows is None:
        return []
    rows = []
    for flow in found.flows.value.flow:
        contracts = {key for key, contract in found.contracts.items() if flow.id in ids(contract.flow)}
        senders = {
            source
            for source, file in found.grants.items()
            for g in file.value.grant
            if g.type in {t for t, _ in contracts}
        }
        receivers = {
            target.connector
            for file in found.routes.values()
            if flow.id in ids(file.value.flow)
            for target in file.value.to
        }
        runs = bool(receivers) or flow.id == REPLAY
        rows.append(
            FlowRow(
                flow.id,
                flow.title,
                flow.title_ja,
                Support.OUTSIDE if flow.outside else Support.RUNS if runs else Support.ABSENT,
                tuple(sorted(senders | receivers)),
                tuple(f"{type} v{version}" for type, version in sorted(contracts)),
                (*map(door_queue, sorted(senders)), *map(delivery_queue, sorted(receivers))),
                flow.outside,
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class Line:
    """One target of one route. `flows`: ids of the flows it serves; `sources`: who sends what is routed there, as
    (partner, the type it sends); none for what the hub itself begins.
    """

    route: str
    flows: tuple[str, ...]
    type: str
    connector: str
    sources: tuple[tuple[str, str], ...]


def lines(found: Catalogue) -> list[Line]:
    """All routes of the configuration, one line for each target."""
    granted = [(source, grant.type) for source, file in found.grants.items() for grant in file.value.grant]
    intake = {(start, way[-1].end) for (start, _version), way in found.ways_in().items()}
    return [
        Line(
            name,
            tuple(ids(file.value.flow)),
            file.value.type,
            target.connector,
            tuple(
                sorted(
                    (source, type)
                    for source, type in granted
                    if type == file.value.type or (type, (file.value.type, file.value.version)) in intake
                )
            ),
        )
        for name, file in sorted(found.routes.items())
        for target in file.value.to
    ]


def unknown(found: Catalogue) -> Iterator[tuple[str, str]]:
    """(where, flow) of flows that contracts and routes name and config/flows.toml does not."""
    if found.flows is None:
        return
    known = {flow.id for flow in found.flows.value.flow}
    named = [
        *((f"contract {type} v{version}", contract.flow) for (type, version), contract in found.contracts.items()),
        *((f"route {name}", file.value.flow) for name, file in found.routes.items()),
    ]
    for where, text in named:
        yield from ((where, one) for one in ids(text) if one not in known)


def ids(text: str) -> list[str]:
    """The flows that a contract or route names: "F2, F5"."""
    return _ID.findall(text)
