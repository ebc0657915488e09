"""What takes a second person, and whether one has agreed to exactly that.

Every discard does; so does a replay of more than one person may send alone, or of what is judged to disclose a
protected person.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.plans import Item, ItemState, Plan, Prospect
from hub.ports.requests import RequestKind, RequestState
from hub.ports.store import DeadFilter, DeadLetter, Store
from hub.support import plans
from hub.support.plans import Bench

PAGE = 500


@dataclass(frozen=True, slots=True)
class Content:
    """What would be done. `digest` differs as soon as anything of it does; `scope`: (hop, type) of its messages."""

    count: int
    scope: tuple[tuple[str, str], ...]
    digest: str


def of_letters(store: Store, dead_ids: Sequence[int]) -> Content:
    """Discarding these. Raises Refused `approval.letter` where one is not open."""
    letters = list(_open(store, sorted(set(dead_ids))))
    rows: list[list[object]] = [[one.id, one.message_id, one.hop, one.code, one.attempt] for one in letters]
    return _content(RequestKind.DISCARD, rows, ((one.hop, one.type) for one in letters))


def of_plan(bench: Bench, plan: Plan) -> Content:
    """Sending what is left of a plan, as today's configuration would: it is judged anew."""
    plans.judge_all(bench.store, bench.hub, plan.id)
    items = list(_left(bench.store, plan.id))
    rows: list[list[object]] = [[plan.id, plan.rate, plan.insist, plan.state in plans.UNFINISHED]]
    rows += [[one.dead_id, one.message_id, one.hop, one.outgoing] for one in items]
    found = _content(RequestKind.REPLAY, rows, ((one.hop, one.type) for one in items))
    return Content(len(items), found.scope, found.digest)


def of(bench: Bench, kind: RequestKind, subjects: Sequence[int]) -> Content:
    """Raises Refused `approval.letter`, `replay.unknown`."""
    if kind is RequestKind.DISCARD:
        return of_letters(bench.store, subjects)
    return of_plan(bench, plans.known(bench.store, subjects[0]))


def needed(bench: Bench, plan: Plan) -> bool:
    """The whole selection counts, whatever was judged: what is unfit today may be sent tomorrow."""
    if sum(bench.store.tally(plan).states.values()) > bench.replay_alone:
        return True
    return bool(bench.store.plan_items(plan.id, [ItemState.PENDING], limit=1, prospect=Prospect.PROTECTED))


def waits(bench: Bench, plan: Plan) -> bool:
    """Nobody has agreed yet. Where somebody has, `given` finds out to what: that judges all of it anew."""
    if not needed(bench, plan):
        return False
    request = bench.store.request_for(RequestKind.REPLAY, [plan.id], now_us())
    return request is None or request.state is RequestState.OPEN


def given(bench: Bench, plan: Plan) -> int | None:
    """Id of the request that clears this plan; None where it takes none, or was begun under one.

    Raises Refused `approval.needed`.
    """
    if not needed(bench, plan):
        return None
    request = bench.store.request_for(RequestKind.REPLAY, [plan.id], now_us())
    if request is None:
        raise Refused("approval.needed", f"plan {plan.id} takes a second person, and nobody was asked")
    if request.state is RequestState.DONE:
        return None
    if request.state is RequestState.OPEN:
        raise Refused("approval.needed", f"request {request.id} waits for a second person")
    if of_plan(bench, plan).digest != request.digest:
        raise Refused("approval.needed", f"request {request.id} was for other content than would be sent now")
    return request.id


def _open(store: Store, dead_ids: Sequence[int]) -> Iterator[DeadLetter]:
    for start in range(0, len(dead_ids), PAGE):
        chunk = dead_ids[start : start + PAGE]
        found = store.dead_letters(DeadFilter(ids=tuple(chunk), state="open"), limit=PAGE)
        missing = sorted(set(chunk) - {one.id for one in found})
        if missing:
            letter = store.dead_letter(missing[0])
            raise Refused("approval.letter", f"dead letter {missing[0]} is {letter.state if letter else 'not there'}")
        yield from found


def _left(store: Store, plan_id: int) -> Iterator[Item]:
    after = 0
    while page := store.plan_items(plan_id, [ItemState.PENDING], after_id=after, limit=PAGE):
        yield from page
        after = page[-1].dead_id


def _content(kind: RequestKind, rows: Sequence[list[object]], scope: Iterable[tuple[str, str]]) -> Content:
    text = json.dumps([kind.value, *rows])
    return Content(len(rows), tuple(sorted(set(scope))), sha256(text.encode()).hexdigest())
