"""What waits for a person: the numbers beside the entries of the menu."""

from dataclasses import dataclass

from hub.clock import now_us
from hub.ports.accounts import Actor, Right
from hub.ports.store import Store
from hub.registry import Registry
from hub.support import approvals, holds
from hub.support.sight import seen


@dataclass(frozen=True, slots=True)
class Waiting:
    cases: int = 0
    holds: int = 0
    approvals: int = 0


def waiting(store: Store, registry: Registry, actor: Actor | None) -> Waiting:
    """Of what the actor may act on, and others have asked for. Raises StoreUnavailable."""
    if actor is None:
        return Waiting()
    asked = approvals.waiting(store, registry, actor) if actor.may(Right.APPROVE) else []
    return Waiting(
        cases=sum(seen(actor, registry, [(one.cause.hop, one.cause.type)]) for one in store.causes(now_us()))
        if actor.may(Right.WORK)
        else 0,
        holds=sum(one[2] for one in holds.totals(store, registry, actor)) if actor.may(Right.REVIEW) else 0,
        approvals=sum(one.who != actor.name for one in asked),
    )
