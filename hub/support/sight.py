"""What is there for an account that is confined to some partners or flows (R17): what belongs to others is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from hub.ports.accounts import Actor
from hub.ports.letters import DeadFilter
from hub.registry import Registry

_SIDES = ("intake", "delivery")


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=_Numbered)


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


def page(fetch: Callable[[int, int], list[T]], keep: Callable[[T], bool], after_id: int, limit: int) -> list[T]:
    """The next `limit` that are kept. `fetch`: those with a higher id, at most so many."""
    found: list[T] = []
    while len(found) < limit and (rows := fetch(after_id, limit)):
        found += [one for one in rows if keep(one)]
        after_id = rows[-1].id
    return found[:limit]
