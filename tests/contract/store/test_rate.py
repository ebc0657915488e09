"""A partner's rate: so many sends a second, by all processes together."""

from hub.ports.store import Verdict
from hub.store import SqlStore
from tests.contract.store.samples import SECOND, new_id, request


def granted(store: SqlStore, now: int, rate: float | None, wanted: int = 20, owner: str = "worker 1") -> int:
    wishes = [request(new_id(), now=now + n, rate=rate, owner=owner) for n in range(wanted)]
    found = [one.verdict for one in store.open_leases(wishes)]
    assert set(found) <= {Verdict.GRANTED, Verdict.THROTTLED}
    return found.count(Verdict.GRANTED)


def test_no_more_than_the_rate_goes_out_in_a_second(store: SqlStore) -> None:
    start = 1000 * SECOND
    assert granted(store, start, rate=5) == 5
    assert granted(store, start + SECOND // 10, rate=5) == 0

    assert granted(store, start + SECOND, rate=5, owner="worker 2") == 5


def test_what_was_not_used_is_not_saved_up(store: SqlStore) -> None:
    start = 1000 * SECOND
    granted(store, start, rate=5)

    assert granted(store, start + 3600 * SECOND, rate=5) == 5


def test_a_rate_below_one_a_second_lets_one_out_after_its_time(store: SqlStore) -> None:
    start = 1000 * SECOND
    assert granted(store, start, rate=0.5) == 1
    assert granted(store, start + SECOND, rate=0.5) == 0
    assert granted(store, start + 2 * SECOND + 10, rate=0.5) == 1


def test_without_a_rate_everything_goes_out(store: SqlStore) -> None:
    assert granted(store, 0, rate=None) == 20


def test_an_answer_of_the_partner_does_not_refill_the_rate(store: SqlStore) -> None:
    start = 1000 * SECOND
    granted(store, start, rate=5)

    store.circuit_success("pmh", start)

    assert granted(store, start + 1, rate=5) == 0
