"""Break-glass: a person whose role may not reveal does so for a while, seen by all, alarming, each look on the record.

It widens no limit of partners or flows, and every single field still takes a reason.
"""

from collections.abc import Sequence
from dataclasses import replace

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.ports.emergencies import Emergency, NewEmergency
from hub.ports.store import Store

MINUTES, MOST_MINUTES = 15, 60
GIVES = frozenset({Right.REVEAL})
_MINUTE_US = 60_000_000


def begin(store: Store, actor: Actor, reason: str, minutes: int = MINUTES, ticket: str | None = None) -> Emergency:
    """Raises Refused `access.denied`, `emergency.minutes`, `emergency.state` where this person has one open."""
    actor.need(Right.EMERGENCY)
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused("emergency.minutes", f"from 1 to {MOST_MINUTES} minutes")
    now = now_us()
    made = store.begin_emergency(NewEmergency(actor.name, reason, ticket, now, now + minutes * _MINUTE_US))
    if made is None:
        raise Refused("emergency.state", f"{actor.name} has one that is open")
    return found(store, made)


def end(store: Store, emergency_id: int, actor: Actor) -> None:
    """By whoever began it, or by who may look at the record.

    Raises Refused `emergency.unknown`, `emergency.state`, `access.denied`.
    """
    if found(store, emergency_id).who != actor.name:
        actor.need(Right.AUDIT)
    if not store.end_emergency(emergency_id, actor.name, now_us()):
        raise Refused("emergency.state", f"emergency {emergency_id} is over")


def found(store: Store, emergency_id: int) -> Emergency:
    """Raises Refused `emergency.unknown`."""
    emergency = store.emergency(emergency_id)
    if emergency is None:
        raise Refused("emergency.unknown", f"there is no emergency {emergency_id}")
    return emergency


def open_now(store: Store) -> list[Emergency]:
    """Those open at this moment, newest first."""
    return store.emergencies(now_us())


def widened(actor: Actor, opened: Sequence[Emergency]) -> Actor:
    """The actor with what an open emergency gives; one whose role has lost the right to begin any gets nothing."""
    if Right.EMERGENCY in actor.rights and any(one.who == actor.name for one in opened):
        return replace(actor, rights=actor.rights | GIVES)
    return actor
