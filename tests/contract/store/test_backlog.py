"""What is still to be done at a hop, and since when: without what waits for people."""

from dataclasses import replace

from hub.ports.holds import NewHold
from hub.ports.plans import ItemState, NewPlan, PlanState
from hub.ports.store import Child, DeadFilter, End, Progress, SealedBody, Waiting
from hub.store import SqlStore
from tests.contract.store.samples import CHILD, DELIVERY, SECOND, child, dead, new_id, settled

TYPE = "eligibility.registration"


def accepted(store: SqlStore, *at: int) -> list[str]:
    """Messages for a delivery hop, accepted at these times."""
    ids = [new_id() for _ in at]
    for one, time in zip(ids, at, strict=True):
        store.settle([settled(new_id(), children=(child(one),), settled_at=time)])
    return ids


def test_the_oldest_is_told_until_it_has_its_end(store: SqlStore) -> None:
    first, second = accepted(store, 5 * SECOND, 6 * SECOND)
    assert store.backlog([DELIVERY]) == {DELIVERY: (2, 5 * SECOND)}

    store.settle([settled(first, Progress.RETRY, hop=DELIVERY, type=TYPE)])
    assert store.backlog([DELIVERY]) == {DELIVERY: (2, 5 * SECOND)}

    store.settle([settled(first, End.DELIVERED, hop=DELIVERY, type=TYPE)])
    assert store.backlog([DELIVERY]) == {DELIVERY: (1, 6 * SECOND)}
    store.settle([settled(second, End.SUPERSEDED, hop=DELIVERY, type=TYPE)])
    assert store.backlog([DELIVERY]) == {}


def test_what_waits_for_people_is_open_and_not_the_oldest(store: SqlStore) -> None:
    died, held, behind, free = accepted(store, 1 * SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND)
    store.settle([
        dead(died),
        settled(held, Progress.HELD, hop=DELIVERY, hold=NewHold(
            code="fence.protected", version=1, outgoing="o", queue=DELIVERY, envelope="{}",
            body=SealedBody("key 1", b"sealed"), persons=(CHILD,), gives_way=True,
        )),
    ])  # fmt: skip
    assert store.backlog([DELIVERY]) == {DELIVERY: (4, 3 * SECOND)}

    key = "record 1"
    store.settle([settled(new_id(), children=(_in_turn(behind, key),), settled_at=3 * SECOND)])
    waits = Waiting(behind, "{}", SealedBody("key 1", b"sealed"))
    store.settle([settled(behind, Progress.WAITING, hop=DELIVERY, sequenced=True, waiting=waits)])
    assert store.backlog([DELIVERY]) == {DELIVERY: (4, 4 * SECOND)}

    store.settle([settled(free, End.DELIVERED, hop=DELIVERY, type=TYPE)])
    assert store.backlog([DELIVERY]) == {DELIVERY: (3, None)}


def test_a_replayed_message_waits_for_nobody(store: SqlStore) -> None:
    (died,) = accepted(store, 1 * SECOND)
    store.settle([dead(died)])
    (letter,) = store.dead_letters(DeadFilter())
    assert store.claim_replay(letter.id, "a clerk", "again")
    assert store.backlog([DELIVERY]) == {DELIVERY: (1, 1 * SECOND)}


def test_only_the_hops_asked_for_are_told(store: SqlStore) -> None:
    accepted(store, 1 * SECOND)
    assert store.backlog([]) == {}
    assert store.backlog(["delivery.tax"]) == {}


def test_items_of_plans_that_have_ended_are_not_under_way(store: SqlStore) -> None:
    accepted_ids = accepted(store, 1 * SECOND, 2 * SECOND)
    store.settle([dead(one) for one in accepted_ids])
    plan = store.create_plan(NewPlan(DeadFilter(), "a clerk", "again"))
    assert store.items_under_way() == {ItemState.PENDING: 2}

    store.move_plan(plan.id, [PlanState.PLANNED], PlanState.CANCELLED)
    assert store.items_under_way() == {}


def _in_turn(message_id: str, key: str) -> Child:
    return replace(child(message_id), sequence_key=key)
