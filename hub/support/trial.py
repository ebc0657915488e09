"""What the hub would do with a document, found by running its stages with nothing attached: no store, no broker.

Nothing is sent, stored or asked: neither the registry of protected persons nor the list of permitted inquiries. What
depends on them is told as a condition, the same for everybody: nobody learns here who is protected (promise 5).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Never

from hub import pipeline
from hub.catalogue import in_words
from hub.clock import now_us
from hub.discovery import create_connector
from hub.errors import RenkeiError
from hub.exchange import Exchange, Output
from hub.master_key import KEY_BYTES
from hub.message import Message
from hub.pipeline import Failed, Stage
from hub.ports.broker import Delivery, Properties, Tag
from hub.ports.connector import OWN_BROKER
from hub.registry import Registry
from hub.seal import Sealer
from hub.services import Services
from hub.topology import door_queue, urgent_lane

# without `receive` and `legible`, which undo what the broker and the collectors do, and without what writes
_INTAKE = tuple(one for one in pipeline.INTAKE if one.__name__ not in ("legible", "protect", "permit"))
_PREPARE = pipeline.PREPARE[1:]
_NOWHERE = "amqp://nobody:nothing@127.0.0.1:1/"  # an address to make a connector with; nothing is sent


@dataclass(frozen=True, slots=True)
class Step:
    """One stage. `code` None: passed."""

    stage: str
    code: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TargetTrial:
    """What one target would get. `document`: as its contract has it, None where it is refused on the way."""

    message: str
    connector: str
    edge: str
    queue: str
    contract: str
    ordering: str
    mapping: str | None
    steps: tuple[Step, ...]
    conditions: tuple[str, ...]
    document: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`granted`: who may send this type, for which purposes; `door`: the queue it would arrive in.

    `raised`: the upcasts it would go through on its way in, in words; None where its version has a way of its own.
    """

    type: str
    version: int
    source: str
    purpose: str | None
    door: str
    granted: dict[str, tuple[str, ...]]
    raised: str | None
    steps: tuple[Step, ...]
    canonical: str | None
    routes: tuple[str, ...]
    conditions: tuple[str, ...]
    targets: tuple[TargetTrial, ...]

    @property
    def passes(self) -> bool:
        """Nothing refuses it."""
        steps = (*self.steps, *(step for target in self.targets for step in target.steps))
        return all(step.code is None for step in steps)


class _Nothing:
    """In place of a store or a folder: whoever asks it has found a stage that a trial may not run."""

    def __getattr__(self, name: str) -> Never:
        raise AssertionError(f"a trial asks nothing of the store: {name}")


def attempt(registry: Registry, tenant: str, limit: int, message: Message) -> Trial:
    """Run the stages of intake, and of each delivery that follows. Raises ConfigError."""
    hub = _services(registry, tenant, limit)
    steps, seen = _run(_INTAKE, _exchange(f"intake.{message.source}", message), hub)
    routed = seen.message if seen.contract is not None and seen.outputs else None
    return Trial(
        type=message.type,
        version=message.version,
        source=message.source,
        purpose=message.purpose,
        door=_door(registry, message),
        granted={name: tuple(sorted(purposes)) for name, purposes in sorted(registry.granted_to(message.type).items())},
        raised=in_words(registry.way_in(message.type, message.version)),
        steps=steps,
        canonical=None if routed is None else f"{routed.type}/v{routed.version}",
        routes=() if routed is None else tuple(one.name for one in registry.routes(routed.type, routed.version)),
        conditions=_at_intake(seen) if routed is not None else (),
        targets=tuple(_target(output, hub) for output in seen.outputs),
    )


def _services(registry: Registry, tenant: str, limit: int) -> Services:
    nothing = _Nothing()
    return Services(
        tenant=tenant,
        registry=registry,
        sealer=Sealer(os.urandom(KEY_BYTES), nothing),
        connectors={
            name: create_connector(
                entry.kind,
                replace(entry.settings, url=_NOWHERE) if entry.settings.url == OWN_BROKER else entry.settings,
            )
            for name, entry in registry.connectors.items()
        },
        fences=nothing,
        remember=lambda _position: None,
        permissions=nothing,
        attachments=nothing,
        max_body_bytes=limit,
    )


def _exchange(hop: str, message: Message) -> Exchange:
    delivery = Delivery("", Tag(0, 0), b"", Properties())
    return Exchange(hop, hop.partition(".")[2], delivery, now_us(), trusted=True, message=message)


def _run(stages: Sequence[Stage], exchange: Exchange, hub: Services) -> tuple[tuple[Step, ...], Exchange]:
    steps: list[Step] = []
    for stage in stages:
        seen = pipeline.run([stage], exchange, hub)
        if isinstance(seen, Failed):
            error: RenkeiError = seen.error
            return (*steps, Step(stage.__name__, error.code, error.detail)), exchange
        steps.append(Step(stage.__name__))
        exchange = seen
    return tuple(steps), exchange


def _door(registry: Registry, message: Message) -> str:
    if message.source not in registry.doors():
        return f"{door_queue(message.source)}.hub"
    door = door_queue(message.source)
    urgent = message.type in registry.urgent_types().get(message.source, ())
    return f"{urgent_lane(door)} and {door}" if urgent else door


def _at_intake(seen: Exchange) -> tuple[str, ...]:
    contract, found = seen.known_contract(), []
    if contract.measures is not None:
        found.append("protection: the measure is raised or ended for the persons it names, before anything goes on")
    if contract.protection is not None and contract.protection.confirms:
        found.append(f"protection: it is noted what {contract.protection.confirms} holds")
    if contract.permissions is not None:
        found.append("permission: it is kept as a version of the list of permitted inquiries")
    if contract.asks is not None:
        found.append("permission: refused unless the list of permitted inquiries names the combination")
    if contract.inquiries is not None:
        found.append(f"permission: answered with {contract.inquiries.denied} unless the list permits the inquiry")
    return tuple(found)


def _target(output: Output, hub: Services) -> TargetTrial:
    message, exchange = output.message, _exchange(output.hop, output.message)
    target, edge = hub.registry.target(message.type, message.version, exchange.name), hub.registry.edge(exchange.name)
    steps, seen = _run(_PREPARE, exchange, hub)
    passed = all(step.code is None for step in steps)
    impersonal = seen.guard is not None and seen.guard.impersonal
    conditions = (
        ()
        if impersonal
        else {
            "internal": (),
            "discloses": ("fence: in review, not sent, unless every person it names is known and unprotected",),
            "protects": ("fence: sent with the protection that is in force for the persons it names",),
        }[edge.kind]
    )
    order = {
        "latest": ("order: a newer version of its record supersedes it",),
        "sequence": ("order: waits for the earlier messages of its record",),
        "none": (),
    }[target.ordering]
    return TargetTrial(
        message=message.message_id,
        connector=exchange.name,
        edge=edge.kind,
        queue=output.queue,
        contract=f"{target.contract.type}/v{target.contract.version}",
        ordering=target.ordering,
        mapping=None if target.mapping is None else target.mapping.name,
        steps=steps,
        conditions=(*conditions, *order),
        document=seen.known_document().serialise().decode() if passed else None,
    )
