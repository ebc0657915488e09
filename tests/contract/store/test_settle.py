"""Settling: every message one row, one end, whatever is settled twice."""

import pytest

from hub.ports.store import End, Known, Progress
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, INTAKE, child, dead, new_id, request, sent, settled


def outcomes(store: SqlStore, message_id: str) -> list[tuple[str, int]]:
    return [(entry.outcome, entry.attempt) for entry in store.trace(message_id)]


def test_an_unknown_message_is_unknown(store: SqlStore) -> None:
    assert store.known(INTAKE, [new_id()]) == {}
    assert store.known(INTAKE, []) == {}


def test_settling_nothing_writes_nothing(store: SqlStore) -> None:
    store.settle([])

    assert store.balances() == []


def test_a_settled_message_is_known_with_digest_and_end_at_its_hop_alone(store: SqlStore) -> None:
    message = new_id()

    store.settle([settled(message, digest="abc")])

    assert store.known(INTAKE, [message, new_id()]) == {message: Known("abc", End.FORWARDED)}
    assert store.known(DELIVERY, [message]) == {}


def test_what_a_message_caused_is_in_progress_at_its_hop(store: SqlStore) -> None:
    message, first, second = new_id(), new_id(), new_id()

    store.settle([settled(message, children=(child(first, "d1"), child(second, "d2", "delivery.welfare")))])

    assert store.known(DELIVERY, [first, second]) == {first: Known("d1", None)}
    assert store.known("delivery.welfare", [first, second]) == {second: Known("d2", None)}


@pytest.mark.parametrize("end", list(End))
def test_every_end_is_kept(store: SqlStore, end: End) -> None:
    message = new_id()

    store.settle([settled(message, end)])

    assert store.known(INTAKE, [message])[message].end is end


@pytest.mark.parametrize("outcome", [Progress.RETRY, Progress.WAIT])
def test_a_delayed_message_has_no_end(store: SqlStore, outcome: Progress) -> None:
    message = new_id()

    store.settle([settled(message, outcome, code="deliver.unavailable")])

    assert store.known(INTAKE, [message]) == {message: Known("digest", None)}


def test_settling_the_same_batch_again_changes_nothing(store: SqlStore) -> None:
    caused = new_id()
    batch = [
        settled(new_id(), children=(child(caused),)),
        settled(new_id(), End.DUPLICATE),
        settled(new_id(), Progress.RETRY),
        settled(new_id(), Progress.WAIT),
        dead(new_id()),
    ]
    store.settle(batch)
    traces = [store.trace(one.message_id) for one in batch]
    balances, counts = store.balances(), store.dead_counts()

    store.settle(batch)
    store.settle(list(reversed(batch)))

    assert [store.trace(one.message_id) for one in batch] == traces
    assert (store.balances(), store.dead_counts()) == (balances, counts)
    assert [len(trace) for trace in traces] == [1] * 5


def test_an_end_is_never_replaced(store: SqlStore) -> None:
    message = new_id()
    store.settle([settled(message, End.FORWARDED)])

    store.settle([settled(message, End.DUPLICATE, digest="other", settled_at=40)])
    store.settle([settled(message, Progress.RETRY, settled_at=50)])

    assert store.known(INTAKE, [message]) == {message: Known("digest", End.FORWARDED)}


def test_within_a_batch_the_first_end_counts(store: SqlStore) -> None:
    message = new_id()

    store.settle([settled(message, End.FORWARDED), settled(message, End.DUPLICATE, settled_at=31)])

    assert store.known(INTAKE, [message])[message].end is End.FORWARDED
    assert outcomes(store, message) == [("forwarded", 1), ("duplicate", 1)]


def test_the_caused_message_may_be_settled_before_the_one_that_caused_it(store: SqlStore) -> None:
    parent, caused = new_id(), new_id()
    lease = request(caused, correlation_id=parent)
    store.open_leases([lease])
    store.settle([sent(lease)])

    store.settle([settled(parent, children=(child(caused),))])

    assert store.known(DELIVERY, [caused]) == {caused: Known("digest", End.DELIVERED)}
    assert [(b.hop, b.accepted) for b in store.balances()] == [(DELIVERY, 1), (INTAKE, 1)]


def test_each_attempt_is_an_entry_of_its_own_and_repeated_ones_are_not(store: SqlStore) -> None:
    message = new_id()
    retries = [settled(message, Progress.RETRY, attempt=n, settled_at=n * 10) for n in (1, 2)]

    store.settle(retries)
    store.settle([settled(message, Progress.RETRY, attempt=2, settled_at=99)])  # decided anew after a crash
    store.settle([settled(message, End.DELIVERED, attempt=3, settled_at=100)])

    assert outcomes(store, message) == [("retry", 1), ("retry", 2), ("delivered", 3)]


@pytest.mark.parametrize("outcome", [Progress.WAIT, End.DUPLICATE])
def test_waits_and_duplicates_are_entries_each_time_they_happen(store: SqlStore, outcome: End | Progress) -> None:
    message = new_id()
    happened = [settled(message, outcome, settled_at=at) for at in (30, 40, 50)]

    store.settle(happened)
    store.settle(happened)

    assert [entry.at for entry in store.trace(message)] == [30, 40, 50]


def test_a_batch_is_written_whole_or_not_at_all(store: SqlStore) -> None:
    good, bad = settled(new_id()), settled(new_id(), started_at="not a number")

    with pytest.raises(Exception):  # noqa: B017 - each driver has its own
        store.settle([good, dead(new_id(), settled_at=None), bad])

    assert store.balances() == []
    assert store.known(INTAKE, [good.message_id]) == {}


@pytest.mark.parametrize("together", [True, False])
def test_a_copy_decided_beside_the_first_is_a_duplicate_in_the_journal(store: SqlStore, together: bool) -> None:
    message = new_id()
    first, copy = settled(message, started_at=10), settled(message, started_at=11)
    batches = [[first, copy]] if together else [[first], [copy]]

    for batch in batches * 2:  # and settled again after an answer that was lost
        store.settle(batch)

    assert sorted(outcomes(store, message)) == [("duplicate", 1), ("forwarded", 1)]
