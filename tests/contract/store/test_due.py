"""Messages that have to have their end by a time: told when it has passed, until they have it."""

from dataclasses import replace

from hub.ports.store import End, Progress
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, child, new_id, request, sent, settled

TYPE = "eligibility.registration"


def accepted(store: SqlStore, *due: int | None) -> list[str]:
    """Messages for a delivery hop, each due at its time."""
    ids = [new_id() for _ in due]
    children = tuple(replace(child(one), due_at=at) for one, at in zip(ids, due, strict=True))
    store.settle([settled(new_id(), children=children)])
    return ids


def test_what_is_not_due_yet_or_at_no_time_is_not_overdue(store: SqlStore) -> None:
    accepted(store, 10 * SECOND, None)

    assert store.overdue(10 * SECOND) == []


def test_what_is_overdue_is_counted_until_it_has_its_end(store: SqlStore) -> None:
    first, second, _ = accepted(store, 5 * SECOND, 6 * SECOND, 90 * SECOND)
    assert store.overdue(10 * SECOND) == [(DELIVERY, TYPE, 2, 5 * SECOND)]

    store.settle([settled(first, Progress.RETRY, hop=DELIVERY, type=TYPE)])
    assert store.overdue(10 * SECOND) == [(DELIVERY, TYPE, 2, 5 * SECOND)]

    store.settle([settled(first, End.DELIVERED, hop=DELIVERY, type=TYPE)])
    assert store.overdue(10 * SECOND) == [(DELIVERY, TYPE, 1, 6 * SECOND)]
    store.settle([settled(second, End.SUPERSEDED, hop=DELIVERY, type=TYPE)])
    assert store.overdue(10 * SECOND) == []


def test_a_delivery_faster_than_the_settlement_of_what_caused_it_is_due_all_the_same(store: SqlStore) -> None:
    lease = request(new_id())
    store.open_leases([lease])
    store.settle([settled(new_id(), children=(replace(child(lease.message_id), due_at=5 * SECOND),))])
    assert store.overdue(10 * SECOND) == [(DELIVERY, TYPE, 1, 5 * SECOND)]

    store.settle([sent(lease)])
    store.settle([settled(new_id(), children=(replace(child(lease.message_id), due_at=5 * SECOND),))])
    assert store.overdue(10 * SECOND) == []
