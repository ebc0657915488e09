"""What is there for an account that is confined to some partners or flows (R17): what belongs to others is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from hub.errors import Refused
from hub.ports.accounts import Actor
from hub.ports.letters import DeadFilter
from hub.ports.plans import Plan
from hub.ports.store import Store
from hub.registry import Registry

_SIDES = ("intake", "delivery")


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=_Numbered)


def seen(actor: Actor, registry: Registry, scope: Sequence[tuple[str, str]]) -> bool:
    """`scope`: (hop, message type). All of it is there: one that sees a part cannot judge the whole."""
    return all(any(actor.sees(hop, flow) for flow in registry.flows(type_) or ("",)) for hop, type_ in scope)


def plan_seen(actor: Actor, registry: Registry, store: Store, plan_id: int) -> bool:
    """All messages of a plan are there for the account."""
    return not actor.confined or seen(actor, registry, store.plan_scope(plan_id))


def plans_seen(actor: Actor, registry: Registry, store: Store, before_id: int | None, limit: int) -> list[Plan]:
    """The newest that are there for the account."""
    found: list[Plan] = []
    while len(found) < limit and (rows := store.plans(before_id, limit)):
        found += [one for one in rows if plan_seen(actor, registry, store, one.id)]
        before_id = rows[-1].id
    return found[:limit]


def connector_seen(actor: Actor, registry: Registry, name: str) -> bool:
    """A connector is there for the account: its partner, and of its flows at least one."""
    types = {type_ for type_ in registry.types() if name in registry.takers(type_)} or {""}
    return any(seen(actor, registry, [(f"delivery.{name}", type_)]) for type_ in types)


def connector_whole(actor: Actor, registry: Registry, name: str) -> bool:
    """All that goes over it is the account's: who stops it, stops all of it."""
    scope = [(f"delivery.{name}", type_) for type_ in registry.types() if name in registry.takers(type_)]
    return seen(actor, registry, scope or [(f"delivery.{name}", "")])


def need_whole(actor: Actor) -> None:
    """For what is about a person in all procedures at once: fences and erasures. Raises Refused `access.denied`."""
    if actor.confined:
        raise Refused("access.denied", f"{actor.name} is confined to some partners or flows, and this is about all")


def confined(where: DeadFilter, actor: Actor, registry: Registry) -> DeadFilter:
    """The same filter over what is there for the account."""
    if actor.partners:
        where = replace(where, hops=tuple(f"{side}.{name}" for side in _SIDES for name in sorted(actor.partners)))
    if actor.flows:
        where = replace(where, types=tuple(sorted(t for t in registry.types() if registry.flows(t) & actor.flows)))
    return where


def page(fetch: Callable[[int, int], list[T]], keep: Callable[[T], bool], after_id: int, limit: int) -> list[T]:
    """The next `limit` that are kept. `fetch`: those with a higher id, at most so many."""
    found: list[T] = []
    while len(found) < limit and (rows := fetch(after_id, limit)):
        found += [one for one in rows if keep(one)]
        after_id = rows[-1].id
    return found[:limit]
