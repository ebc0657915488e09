"""Four eyes: asking for discards and replays, deciding as another person, and all that waits for a second one.

An approval is of exactly what was shown. A discard, and a replay without a canary (`renkei dead replay`), is carried
out at once when it is approved; any other plan is run by whoever comes for it, until the request expires.
"""

from collections.abc import Sequence

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.ports.requests import NewRequest, Request, RequestKind, RequestState, Waiting
from hub.ports.store import Store
from hub.registry import Registry
from hub.support import clearance, fences, plans, runs
from hub.support.plans import Bench
from hub.support.sight import seen


def look(store: Store, registry: Registry, request_id: int, actor: Actor) -> Request:
    """Raises Refused `approval.unknown`, `access.denied`."""
    request = found(store, request_id)
    _need_sight(actor, registry, request.scope)
    return request


def found(store: Store, request_id: int) -> Request:
    """Raises Refused `approval.unknown`."""
    request = store.request(request_id, now_us())
    if request is None:
        raise Refused("approval.unknown", f"there is no request {request_id}")
    return request


def ask_discard(
    bench: Bench, dead_ids: Sequence[int], actor: Actor, purpose: str, ticket: str | None = None
) -> Request:
    """Nothing is discarded yet. Raises Refused `access.denied`, `approval.letter`."""
    actor.need(Right.DISCARD)
    return _ask(bench, RequestKind.DISCARD, tuple(sorted(set(dead_ids))), actor, purpose, ticket)


def ask_replay(bench: Bench, plan_id: int, actor: Actor, ticket: str | None = None) -> Request:
    """Nothing is sent yet. The plan's reason is the purpose.

    Raises Refused `access.denied`, `replay.unknown`, `replay.state`.
    """
    actor.need(Right.REPLAY)
    plan = plans.known(bench.store, plan_id)
    if plan.state not in plans.UNFINISHED:
        raise Refused("replay.state", f"plan {plan_id} is {plan.state.value}")
    return _ask(bench, RequestKind.REPLAY, (plan_id,), actor, plan.reason, ticket)


def approve(bench: Bench, request_id: int, actor: Actor, reason: str) -> int | None:
    """Agree, as another person. Returns how many messages were discarded or handed over; None: the plan may be run.

    Done again after a failure it goes on; where a plan had begun already, that is resumed. Raises Refused
    `access.denied`, `approval.unknown`, `approval.same_person`, `approval.state`, `approval.changed`,
    `approval.letter`; BrokerUnavailable.
    """
    request = found(bench.store, request_id)
    _may_decide(request, actor, bench.hub.registry)
    if not _goes_on(bench, request):
        if request.state is not RequestState.OPEN:
            raise _in_another_state(bench.store, request_id)
        if clearance.of(bench, request.kind, request.subjects).digest != request.digest:
            raise Refused("approval.changed", f"request {request_id} was for something else than would be done now")
        if not bench.store.decide_request(request_id, RequestState.APPROVED, actor.name, reason, now_us()):
            raise _in_another_state(bench.store, request_id)
    return _carry_out(bench, found(bench.store, request_id))


def refuse(store: Store, registry: Registry, request_id: int, actor: Actor, reason: str) -> None:
    """It is not done. Raises Refused `access.denied`, `approval.unknown`, `approval.same_person`, `approval.state`."""
    request = found(store, request_id)
    _may_decide(request, actor, registry)
    if not store.decide_request(request_id, RequestState.REFUSED, actor.name, reason, now_us()):
        raise _in_another_state(store, request_id)


def withdraw(store: Store, request_id: int, actor: Actor, reason: str) -> None:
    """Take back one's own. Raises Refused `approval.unknown`, `approval.not_yours`, `approval.state`."""
    if found(store, request_id).who != actor.name:
        raise Refused("approval.not_yours", f"somebody else asked for request {request_id}")
    if not store.decide_request(request_id, RequestState.WITHDRAWN, actor.name, reason, now_us()):
        raise _in_another_state(store, request_id)


def waiting(store: Store, registry: Registry, actor: Actor, limit: int = 100) -> list[Waiting]:
    """What waits for a second person and is there for this one, oldest first: to decide, or as whoever asked.

    Of each kind no more than `limit`.
    """
    everything = store.waiting(now_us(), limit) + _lifts(store)[:limit]
    return sorted(
        (one for one in everything if _concerns(one, actor) and _is_there(one, actor, registry)),
        key=lambda one: (one.at, one.kind, one.id),
    )


def _need_sight(actor: Actor, registry: Registry, scope: Sequence[tuple[str, str]]) -> None:
    if not seen(actor, registry, scope):
        raise Refused("access.denied", f"it is about partners or flows that {actor.name} does not work for")


def _ask(
    bench: Bench, kind: RequestKind, subjects: tuple[int, ...], actor: Actor, purpose: str, ticket: str | None
) -> Request:
    """One that stands for the very same is not asked for twice."""
    content, now = clearance.of(bench, kind, subjects), now_us()
    _need_sight(actor, bench.hub.registry, content.scope)
    standing = bench.store.request_for(kind, subjects, now)
    if standing is not None and standing.digest == content.digest:
        return standing
    expires_at = now + bench.request_hours * 3_600_000_000
    new = NewRequest(
        kind, subjects, content.digest, content.count, content.scope, actor.name, purpose, ticket, now, expires_at
    )
    return found(bench.store, bench.store.add_request(new))


def _carry_out(bench: Bench, request: Request) -> int | None:
    store = bench.store
    if request.kind is RequestKind.DISCARD:
        reason = f"{request.purpose} (request {request.id}, agreed by {request.decided_by})"
        done = sum(store.discard(dead_id, request.who, reason) for dead_id in request.subjects)
        store.finish_request(request.id)
        return done
    (plan_id,) = request.subjects
    return runs.hand_over(bench, plan_id) if plans.known(store, plan_id).insist else None


def _goes_on(bench: Bench, request: Request) -> bool:
    """It was approved, and whoever carried it out did not come to the end."""
    at_once = request.kind is RequestKind.DISCARD or plans.known(bench.store, request.subjects[0]).insist
    return at_once and request.state is RequestState.APPROVED


def _may_decide(request: Request, actor: Actor, registry: Registry) -> None:
    actor.need(Right.APPROVE)
    if request.who == actor.name:
        raise Refused("approval.same_person", "whoever asked cannot decide")
    _need_sight(actor, registry, request.scope)


def _concerns(one: Waiting, actor: Actor) -> bool:
    return one.who == actor.name or actor.may(Right.APPROVE)


def _is_there(one: Waiting, actor: Actor, registry: Registry) -> bool:
    """What is about a person in all procedures at once, and has no scope, is not there for a confined account."""
    return seen(actor, registry, one.scope) if one.scope else not actor.confined


def _lifts(store: Store) -> list[Waiting]:
    asked = [one for one in fences.measures(store) if one.approval is None]
    found = [
        Waiting("fence", one.measure, one.request.who, one.request.at, one.request.reason, one.request.ticket)
        for one in asked
        if one.request is not None
    ]
    return sorted(found, key=lambda one: one.at)


def _in_another_state(store: Store, request_id: int) -> Refused:
    return Refused("approval.state", f"request {request_id} is {found(store, request_id).state.value}")
