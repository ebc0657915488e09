"""Circuits: `hub.circuit` is tested on its own; here, that the store keeps and shares what it computes."""

from collections.abc import Callable

from hub import circuit as rules
from hub.ports.store import Circuit
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, new_id, request, sent


def test_a_connector_nobody_sent_to_is_closed(store: SqlStore) -> None:
    assert store.circuit("pmh") == Circuit()
    assert store.circuit_success("pmh", 0) == Circuit()


def test_what_was_computed_is_returned_and_kept(store: SqlStore) -> None:
    opened = store.circuit_failure("pmh", 5, unavailable=True, retry_after=7)

    assert opened == rules.failure(Circuit(), 5, unavailable=True, retry_after=7)
    assert store.circuit("pmh") == opened
    assert store.circuit("welfare") == Circuit()


def test_failures_add_up_and_success_forgets_them(store: SqlStore) -> None:
    for _ in range(rules.FAILURES - 1):
        store.circuit_failure("pmh", 0, unavailable=False, retry_after=None)
    assert store.circuit("pmh") == Circuit(failures=rules.FAILURES - 1)

    assert store.circuit_success("pmh", 0) == Circuit() == store.circuit("pmh")


def test_one_owner_probes_when_the_pause_is_over(store: SqlStore) -> None:
    assert not store.claim_probe("pmh", "a", 0, SECOND)
    opened = store.circuit_failure("pmh", 0, unavailable=True, retry_after=None)

    assert not store.claim_probe("pmh", "a", opened.probe_at - 1, 9 * SECOND)
    assert store.claim_probe("pmh", "a", opened.probe_at, 9 * SECOND)
    assert not store.claim_probe("pmh", "b", opened.probe_at, 9 * SECOND)

    probing = store.circuit("pmh")
    assert (probing.state, probing.probe_owner, probing.probe_until) == ("probing", "a", 9 * SECOND)


def test_an_abandoned_probe_is_taken_over(store: SqlStore) -> None:
    opened = store.circuit_failure("pmh", 0, unavailable=True, retry_after=None)
    store.claim_probe("pmh", "a", opened.probe_at, 9 * SECOND)

    assert store.claim_probe("pmh", "b", 9 * SECOND, 19 * SECOND)
    assert store.circuit("pmh").probe_owner == "b"


def test_a_pause_keeps_its_reason_until_it_is_lifted(store: SqlStore) -> None:
    assert store.set_paused("pmh", "maintenance") == Circuit(paused=True, paused_reason="maintenance")
    assert store.circuit_success("pmh", 0).paused
    assert not store.claim_probe("pmh", "a", 99 * SECOND, 199 * SECOND)

    assert store.set_paused("pmh", None) == Circuit() == store.circuit("pmh")


def test_a_draining_ends_with_a_pause_or_a_resume_and_does_not_end_a_pause(store: SqlStore) -> None:
    assert store.drain("pmh", "moves") == Circuit(draining=True, paused_reason="moves") == store.circuit("pmh")
    assert store.set_paused("pmh", "moves") == Circuit(paused=True, paused_reason="moves")
    assert store.drain("pmh", "again") == Circuit(paused=True, paused_reason="moves")
    assert store.set_paused("pmh", None) == Circuit()
    store.drain("pmh", "moves")
    assert store.set_paused("pmh", None) == Circuit()


def test_sends_under_way_are_those_with_a_lease_that_is_open_and_not_over(store: SqlStore) -> None:
    first, second = request(new_id()), request(new_id(), deadline=20 * SECOND)
    store.open_leases([first, second])
    assert store.in_flight(DELIVERY, 5 * SECOND) == 2
    assert store.in_flight(DELIVERY, 15 * SECOND) == 1
    assert store.in_flight("delivery.tax", 5 * SECOND) == 0
    store.settle([sent(second)])
    assert store.in_flight(DELIVERY, 5 * SECOND) == 1


def test_another_store_object_sees_the_same_circuit(shared_url: str, store: SqlStore) -> None:
    store.circuit_failure("pmh", 0, unavailable=True, retry_after=None)
    other = SqlStore(shared_url, store.tenant)

    assert other.circuit("pmh") == store.circuit("pmh")
    other.close()


def test_circuits_are_of_one_tenant(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    first.set_paused("pmh", "maintenance")

    assert second.circuit("pmh") == Circuit()
