"""Erasing a person's data: asked for by one who says why, agreed to by another who sees what would go (R61, 消去)."""

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.erasure import Erasure, Found
from hub.ports.persons import Alias
from hub.ports.store import Store
from hub.support.expiry import in_time


def found(store: Store, erasure_id: int) -> Erasure:
    """Raises Refused `erase.unknown`."""
    erasure = store.erasure(erasure_id)
    if erasure is None:
        raise Refused("erase.unknown", f"there is no request {erasure_id}")
    return erasure


def ask(store: Store, aliases: tuple[Alias, ...], who: str, reason: str, ticket: str | None) -> Erasure:
    """Nothing is erased yet. `aliases`: the number as every kind of alias. Raises Refused `erase.nothing`."""
    if not store.lies_here(aliases).bodies:
        raise Refused("erase.nothing", "no body that names this person lies here")
    return found(store, store.ask_erasure(aliases, who, reason, ticket, now_us()))


def approve(store: Store, erasure_id: int, who: str, reason: str, hours: int) -> Found:
    """Another person agrees, and it is done: what lies here by now. `hours`: for which what was asked for waits.

    Raises Refused `erase.unknown`, `erase.state`, `erase.same_person`, `approval.state`.
    """
    asked = found(store, erasure_id)
    if asked.who == who:
        raise Refused("erase.same_person", "whoever asked for it cannot approve")
    in_time(asked.at, hours)
    erased = store.erase(erasure_id, who, reason, now_us())
    if erased is None:
        raise _decided(store, erasure_id)
    return erased


def refuse(store: Store, erasure_id: int, who: str, reason: str) -> None:
    """Nothing is erased. Raises Refused `erase.unknown`, `erase.state`."""
    found(store, erasure_id)
    if not store.refuse_erasure(erasure_id, who, reason, now_us()):
        raise _decided(store, erasure_id)


def _decided(store: Store, erasure_id: int) -> Refused:
    return Refused("erase.state", f"request {erasure_id} is {found(store, erasure_id).state.value}")
