"""Tenants (municipalities) in one database never see each other."""

from collections.abc import Callable

import pytest

from hub.ports.store import Alias, DeadFilter, End, PersonRef, Verdict, WrappedKey
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, INTAKE, dead, new_id, request, settled


@pytest.mark.rule("R34")
def test_a_second_tenant_sees_and_changes_nothing_of_the_first(new_store: Callable[[], SqlStore]) -> None:
    """Given a tenant that has one of everything
    When another looks for the same ids and tries every act on them
    Then it finds nothing, and nothing of the first has changed
    """
    first, second = new_store(), new_store()
    ended, buried, sending, key_id = new_id(), new_id(), new_id(), new_id()
    first.settle([settled(ended), dead(buried)])
    first.open_leases([request(sending, state_key="k", version=9)])
    first.circuit_failure("pmh", 0, True, None)
    first.add_key(WrappedKey(key_id, "epoch", None, b"wrapped", 1))
    [letter] = first.dead_letters(DeadFilter())
    balances = first.balances()

    assert second.known(INTAKE, [ended]) == second.known(DELIVERY, [buried, sending]) == {}
    assert second.trace(ended) == second.balances() == []
    assert second.dead_letters(DeadFilter(state=None)) == second.dead_counts() == []
    assert second.dead_letter(letter.id) is None
    assert not second.claim_replay(letter.id, "a", "b")
    assert not second.discard(letter.id, "a", "b")
    second.mark_replayed(letter.id)
    assert second.key(key_id) is None
    assert second.current_key("epoch", None) is None
    assert second.circuit("pmh").state == "closed"
    second.settle([settled(buried, End.DELIVERED, hop=DELIVERY), settled(ended, End.DUPLICATE)])

    assert first.dead_letters(DeadFilter()) == [letter]
    assert first.balances() == balances
    assert first.circuit("pmh").state == "open"


@pytest.mark.rule("R34")
def test_leases_and_versions_are_of_one_tenant(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    message = new_id()
    first.open_leases([request(message, state_key="k", version=9)])

    found = second.open_leases([request(new_id(), state_key="k", version=8), request(message, digest="other")])

    assert [one.verdict for one in found] == [Verdict.GRANTED] * 2


def test_the_same_alias_is_another_person_elsewhere(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    ref = PersonRef("subject", (Alias("addressee_number", "1"),))

    assert first.person_id(ref) != second.person_id(ref)


@pytest.mark.rule("R34")
def test_each_tenant_has_its_own_key_of_a_person(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    keys = [WrappedKey(new_id(), "person", "person 1", b"wrapped", 1) for _ in range(2)]

    assert [first.add_key(keys[0]), second.add_key(keys[1])] == keys
