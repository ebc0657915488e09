"""Emergencies: one open for a person at a time, over by hand or by the clock, and kept."""

from collections.abc import Callable
from dataclasses import replace

from hub.ports.audit import AuditFilter
from hub.ports.emergencies import Emergency, NewEmergency
from hub.store import SqlStore

NEW = NewEmergency("clerk", "the partner asks about one message", "T-1", 100, 200)


def begun(store: SqlStore, new: NewEmergency = NEW) -> int:
    made = store.begin_emergency(new)
    assert made is not None
    return made


def acts(store: SqlStore) -> list[str]:
    where = ("emergency.begin", "emergency.end")
    return [act for act in where for _ in store.newest_audit_rows(AuditFilter(act=act))]


def test_it_is_open_until_its_time(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    made = begun(store)
    found = Emergency("clerk", "the partner asks about one message", "T-1", 100, 200, made)
    assert store.emergency(made) == found
    assert store.emergencies(199) == [found]
    assert store.emergencies(200) == []
    assert store.emergencies() == [found]
    assert store.emergency(made + 1) is None
    assert acts(store) == ["emergency.begin"]


def test_a_person_has_one_at_a_time_and_others_theirs(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    first = begun(store)
    assert store.begin_emergency(replace(NEW, at=150, until=250)) is None
    second = begun(store, replace(NEW, who="other", at=150, until=250))
    third = begun(store, replace(NEW, at=200, until=300))
    assert [one.id for one in store.emergencies()] == [third, second, first]
    assert [one.id for one in store.emergencies(before_id=third, limit=1)] == [second]
    assert [one.id for one in store.emergencies(220)] == [third, second]


def test_it_is_ended_once_by_hand_and_not_after_its_time(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    made, late = begun(store), begun(store, replace(NEW, who="other"))
    assert store.end_emergency(made, "officer", 150)
    assert not store.end_emergency(made, "officer", 151)
    assert not store.end_emergency(late, "officer", 200)
    assert [one.id for one in store.emergencies(160)] == [late]
    found = store.emergency(made)
    assert found is not None
    assert (found.ended_by, found.ended_at) == ("officer", 150)
    begun(store, replace(NEW, at=151))
    assert acts(store) == ["emergency.begin"] * 3 + ["emergency.end"]


def test_a_city_does_not_see_the_other_ones(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    made = begun(first)
    assert second.emergency(made) is None
    assert second.emergencies() == []
    assert not second.end_emergency(made, "clerk", 150)
    begun(second)
