"""What is there for an account that is confined to some partners or flows (R17): what belongs to others is not."""

from collections.abc import Sequence
from dataclasses import replace

from hub.ports.accounts import Actor
from hub.ports.letters import DeadFilter
from hub.registry import Registry

_SIDES = ("intake", "delivery")


def seen(actor: Actor, registry: Registry, scope: Sequence[tuple[str, str]]) -> bool:
    """`scope`: (hop, message type). All of it is there: one that sees a part cannot judge the whole."""
    return all(any(actor.sees(hop, flow) for flow in registry.flows(type_) or ("",)) for hop, type_ in scope)


def confined(where: DeadFilter, actor: Actor, registry: Registry) -> DeadFilter:
    """The same filter over what is there for the account."""
    if actor.partners:
        where = replace(where, hops=tuple(f"{side}.{name}" for side in _SIDES for name in sorted(actor.partners)))
    if actor.flows:
        where = replace(where, types=tuple(sorted(t for t in registry.types() if registry.flows(t) & actor.flows)))
    return where
