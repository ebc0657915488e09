"""What in the record somebody should ask about (R49)."""

from datetime import datetime

import pytest

from hub.clock import JST
from hub.hours import Hours
from hub.ports.audit import HUB, Entry
from hub.ports.persons import Alias, PersonRef
from hub.store import SqlStore
from hub.support.suspicion import suspicions
from tests.contract.store.test_accounts import created

OFFICE = Hours.parse("07:00-22:00")
CHILD, OTHER = (PersonRef("subject", (Alias("addressee_number", one * 8),)) for one in "ab")


def at(day: int, hour: int, minute: int = 0) -> int:
    """June 2026 begins on a Monday."""
    return int(datetime(2026, 6, day, hour, minute, tzinfo=JST).timestamp()) * 1_000_000


def act(name: str, when: int, who: str = "hanako", *persons: PersonRef) -> Entry:
    return Entry(name, ("dead:1",), when, persons, "why", actor=who)


def told(store: SqlStore, *entries: Entry, reveals: int = 3, failures: int = 3) -> list[tuple[str, str, int]]:
    store.record(entries)
    found = suspicions(store, None, None, OFFICE, reveals, failures)
    return [(one.rule, one.actor, len(one.rows)) for one in found]


@pytest.mark.rule("R49")
@pytest.mark.parametrize(
    ("when", "strange"),
    [
        (at(1, 7), False),
        (at(1, 21, 59), False),
        (at(1, 22), True),
        (at(2, 3), True),
        (at(6, 12), True),
        (at(7, 9), True),
    ],
)
def test_looks_outside_office_hours_and_at_weekends(store: SqlStore, when: int, strange: bool) -> None:
    found = told(store, act("look.body", when), act("disclose.send", when, HUB), act("dead.replay", when))

    assert found == ([("hours", "hanako", 1)] if strange else [])


@pytest.mark.rule("R49")
def test_many_reveals_of_one_account_on_one_day(store: SqlStore) -> None:
    mine = [act("reveal.field", at(1, hour)) for hour in (9, 10, 11)]
    spread = [act("reveal.field", at(day, 9), "taro") for day in (1, 2, 3)]

    assert told(store, *mine, *spread) == [("reveals", "hanako", 3)]


@pytest.mark.rule("R49")
def test_a_search_that_no_work_on_the_person_follows(store: SqlStore) -> None:
    used, idle = act("search.person", at(1, 9), "taro", CHILD), act("search.person", at(1, 9), "hanako", CHILD)
    work = act("look.body", at(1, 9, 30), "taro", CHILD)
    elsewhere = act("look.body", at(1, 9, 30), "hanako", OTHER)
    late = act("look.body", at(1, 11), "hanako", CHILD)

    assert told(store, used, idle, work, elsewhere, late) == [("search", "hanako", 1)]


@pytest.mark.rule("R49")
def test_failed_sign_ins_are_recorded_and_told(store: SqlStore) -> None:
    name = created(store).name
    assert [store.note_failure(name) for _ in range(3)] == [1, 2, 3]
    assert store.note_failure("somebody typed a number here") == 0

    found = [one for one in suspicions(store, None, None, OFFICE, 3, 3) if one.rule == "sign_in"]

    assert [(one.actor, len(one.rows)) for one in found] == [(name, 3)]
    assert not any("typed" in row.text for row in store.audit_rows())


def test_an_ordinary_day_is_not_told(store: SqlStore) -> None:
    assert told(store, act("look.body", at(3, 10)), act("reveal.field", at(3, 11)), act("case.note", at(3, 23))) == []
