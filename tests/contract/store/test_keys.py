"""Wrapped keys, and which aliases are one person."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hub.ports.store import Alias, PersonRef, WrappedKey
from hub.store import SqlStore
from tests.contract.store.samples import new_id


def a_key(purpose: str = "epoch", subject: str | None = None, created_at: int = 1) -> WrappedKey:
    return WrappedKey(new_id(), purpose, subject, b"\x00wrapped\xff", created_at)


def person(*aliases: tuple[str, str]) -> PersonRef:
    return PersonRef("subject", tuple(Alias(*alias) for alias in aliases))


def test_a_key_is_found_by_its_id(store: SqlStore) -> None:
    key = a_key("person", "person 1")

    assert store.add_key(key) == key
    assert store.key(key.key_id) == key
    assert store.key(new_id()) is None


def test_the_newest_epoch_key_is_current_and_older_ones_stay(store: SqlStore) -> None:
    assert store.current_key("epoch", None) is None
    first, second = a_key(created_at=9), a_key(created_at=8)  # clocks may differ: the last one added counts

    store.add_key(first)
    assert store.current_key("epoch", None) == first
    assert store.add_key(second) == second
    assert store.current_key("epoch", None) == second
    assert store.key(first.key_id) == first


def test_purposes_and_subjects_have_keys_of_their_own(store: SqlStore) -> None:
    epoch, case, of_a, of_b = a_key(), a_key("case"), a_key("person", "a"), a_key("person", "b")
    for key in (epoch, case, of_a, of_b):
        assert store.add_key(key) == key

    assert [store.current_key(*of) for of in (("epoch", None), ("case", None), ("person", "a"), ("person", "b"))] == [
        epoch,
        case,
        of_a,
        of_b,
    ]
    assert store.current_key("person", "c") is None


def test_a_person_keeps_the_first_key(store: SqlStore) -> None:
    first, second = a_key("person", "person 1"), a_key("person", "person 1")
    store.add_key(first)

    assert store.add_key(second) == first
    assert store.key(second.key_id) is None
    assert store.current_key("person", "person 1") == first


def test_every_case_has_a_key_of_its_own(store: SqlStore) -> None:
    first, second = a_key("case"), a_key("case")

    assert store.add_key(first) == first
    assert store.add_key(second) == second


def test_adding_the_same_key_again_changes_nothing(store: SqlStore) -> None:
    first, second = a_key(), a_key()
    store.add_key(first)
    store.add_key(second)

    assert store.add_key(first) == first
    assert store.current_key("epoch", None) == second


def test_several_at_once_agree_on_one_key_for_a_person(store: SqlStore) -> None:
    ready = Barrier(6)

    def add(key: WrappedKey) -> WrappedKey:
        ready.wait()
        return store.add_key(key)

    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(add, [a_key("person", "person 1") for _ in range(6)]))

    assert len(set(kept)) == 1
    assert store.current_key("person", "person 1") == kept[0]


def test_a_person_is_known_by_any_alias(store: SqlStore) -> None:
    known = store.person_id(person(("addressee_number", "1"), ("individual_number", "2")))

    assert store.person_id(person(("individual_number", "2"))) == known
    assert store.person_id(person(("addressee_number", "1"))) == known
    assert store.person_id(person(("individual_number", "1"))) != known


def test_an_unknown_alias_is_linked_to_the_known_person(store: SqlStore) -> None:
    known = store.person_id(person(("addressee_number", "1")))

    assert store.person_id(person(("pmh_key", "9"), ("addressee_number", "1"))) == known
    assert store.person_id(person(("pmh_key", "9"))) == known


def test_the_role_does_not_make_a_person(store: SqlStore) -> None:
    guardian = PersonRef("guardian", (Alias("addressee_number", "1"),))

    assert store.person_id(guardian) == store.person_id(person(("addressee_number", "1")))


def test_aliases_of_two_persons_are_left_as_they_are(store: SqlStore) -> None:
    """Given two persons
    When a message names both as one, with a third alias
    Then the first by kind and hash is meant, whatever the order, and nothing is linked
    """
    first = store.person_id(person(("addressee_number", "1")))
    second = store.person_id(person(("individual_number", "2")))
    mixed = (("individual_number", "2"), ("pmh_key", "9"), ("addressee_number", "1"))

    assert store.person_id(person(*mixed)) == first
    assert store.person_id(person(*reversed(mixed))) == first
    assert store.person_id(person(("individual_number", "2"))) == second
    assert store.person_id(person(("pmh_key", "9"))) not in (first, second)


def test_nobody_is_known_by_nothing(store: SqlStore) -> None:
    assert store.person_id(person()) != store.person_id(person())


def test_several_at_once_create_one_person(store: SqlStore) -> None:
    """Given threads that each know the person by another pair out of three aliases."""
    a, b, c = ("addressee_number", "1"), ("individual_number", "2"), ("pmh_key", "3")
    ready = Barrier(6)

    def ask(ref: PersonRef) -> str:
        ready.wait()
        return store.person_id(ref)

    with ThreadPoolExecutor(6) as pool:
        asked = list(
            pool.map(ask, [person(a, b), person(b, a), person(a, c), person(c, a), person(a), person(c, a, b)])
        )

    assert len(set(asked)) == 1
    assert {store.person_id(person(one)) for one in (a, b, c)} == set(asked)
