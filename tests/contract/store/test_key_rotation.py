"""Data keys are wrapped anew while others make new ones and destroy old ones (R56)."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.ports.keys import KnownMaster, MasterKeySupersededError, MasterState, WrappedKey
from hub.store import SqlStore
from tests.contract.store.samples import new_id


def a_key(master: str, purpose: str = "case") -> WrappedKey:
    return WrappedKey(new_id(), purpose, None, b"under " + master.encode(), 1, master)


def rewrap_all(store: SqlStore, master: str) -> None:
    while page := store.keys_to_rewrap(0, 3):
        store.rewrap([(key, replace(key, wrapped=b"under " + master.encode(), master=master)) for _, key in page])


def test_the_first_master_key_asked_about_is_the_current_one(store: SqlStore) -> None:
    assert store.current_master("a") == "a"
    assert store.current_master("b") == "a"
    [known] = store.masters()
    assert (known.id, known.state, known.keys) == ("a", MasterState.CURRENT, 0)


@pytest.mark.rule("R56")
def test_a_rotation_takes_every_key_and_then_the_old_master_retires(store: SqlStore) -> None:
    store.current_master("a")
    old = [store.add_key(key) for key in (a_key(""), *(a_key("a") for _ in range(7)))]

    assert store.rotate_master("b", 5)
    assert not store.rotate_master("b", 6)
    assert store.retire_masters(7) == []
    rewrap_all(store, "b")

    assert [store.key(key.key_id) for key in old] == [replace(k, wrapped=b"under b", master="b") for k in old]
    assert store.retire_masters(8) == ["a"]
    assert store.masters() == [
        KnownMaster("a", MasterState.RETIRED, 8, 0), KnownMaster("b", MasterState.CURRENT, 5, 8),
    ]  # fmt: skip
    acts = [row.text.partition('"act":"')[2].partition('"')[0] for row in store.audit_rows()]
    assert acts == ["keys.rotate", "keys.retire"]


def test_a_key_from_before_ids_keeps_the_old_master_from_retiring(store: SqlStore) -> None:
    store.current_master("a")
    store.add_key(a_key(""))
    store.rotate_master("b", 5)

    assert store.retire_masters(6) == []


def test_nothing_new_comes_under_a_master_key_that_is_on_its_way_out(store: SqlStore) -> None:
    store.current_master("a")
    store.rotate_master("b", 5)

    with pytest.raises(MasterKeySupersededError):
        store.add_key(a_key("a"))
    with pytest.raises(MasterKeySupersededError):
        store.add_key(a_key("unheard of"))
    assert store.add_key(a_key("b")).master == "b"


@pytest.mark.rule("R56")
def test_a_key_that_was_destroyed_meanwhile_stays_destroyed(store: SqlStore) -> None:
    store.current_master("a")
    key = store.add_key(a_key("a"))
    store.rotate_master("b", 5)
    [(_, read)] = store.keys_to_rewrap(0, 9)
    store.rewrap([(read, replace(read, wrapped=b""))])  # as an erasure does

    assert store.rewrap([(read, replace(read, wrapped=b"under b", master="b"))]) == 0

    found = store.key(key.key_id)
    assert found is not None
    assert found.wrapped == b""
    assert store.keys_to_rewrap(0, 9) == []
    assert store.retire_masters(6) == ["a"]


@pytest.mark.rule("R56")
def test_no_key_slips_in_under_the_old_master_while_several_make_new_ones(store: SqlStore) -> None:
    """Given threads that make keys under whatever is current when they look
    When the master key changes under them
    Then what was committed before is found by the rotation, and nothing is committed after it
    """
    store.current_master("a")
    made: list[WrappedKey] = []
    enough, stop = threading.Semaphore(0), threading.Event()

    def make() -> None:
        while not stop.is_set():
            key = a_key(store.current_master("a"))
            try:
                made.append(store.add_key(key))
            except MasterKeySupersededError:
                continue
            enough.release()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for one in threads:
        one.start()
    for _ in range(40):
        assert enough.acquire(timeout=20)
    store.rotate_master("b", 5)
    rewrap_all(store, "b")
    retired = store.retire_masters(6)
    stop.set()
    for one in threads:
        one.join()

    assert retired == ["a"]
    for key in made:
        found = store.key(key.key_id)
        assert found is not None
        assert found.master == "b"


def test_rotations_are_of_one_municipality(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    first.current_master("a")
    second.current_master("a")
    second.add_key(a_key("a"))

    first.rotate_master("b", 5)

    assert first.keys_to_rewrap(0, 9) == []
    assert second.current_master("x") == "a"
    assert [one.state for one in second.masters()] == [MasterState.CURRENT]
