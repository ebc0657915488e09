"""Cases: counted from the dead letters at every call, with what people say kept beside them."""

from collections.abc import Callable

import pytest

from hub.errors import Refused
from hub.ports.cases import CaseRow, CaseState, Cause, Count
from hub.ports.store import DeadFilter
from hub.store import SqlStore
from hub.support import cases
from tests.contract.store.samples import DELIVERY, dead, new_id

TYPE = "welfare.eligibility"
HOUR = 3_600_000_000


def bury(store: SqlStore, code: str = "deliver.rejected", at: int = 30, **changes: object) -> None:
    store.settle([dead(new_id(), code, settled_at=at, **changes)])


def close_all(store: SqlStore, code: str) -> None:
    for letter in store.dead_letters(DeadFilter(code=code)):
        assert store.discard(letter.id, "tester", "sent anew")


def test_dead_letters_of_one_cause_are_one_case(store: SqlStore) -> None:
    for at in (50, 10, 30):
        bury(store, at=at)
    bury(store, "deliver.exhausted", at=5)
    bury(store, hop="delivery.welfare", at=6)

    assert store.causes(HOUR * 3) == [
        Count(Cause("deliver.exhausted", DELIVERY, TYPE), 1, 5, 5, 0, 0),
        Count(Cause("deliver.rejected", DELIVERY, TYPE), 3, 10, 50, 0, 0),
        Count(Cause("deliver.rejected", "delivery.welfare", TYPE), 1, 6, 6, 0, 0),
    ]
    first = cases.all_cases(store)[0]
    assert (first.letters, first.row.state, first.row.owner) == (3, CaseState.NEW, None)


@pytest.mark.parametrize(
    ("ages", "trend"),
    [
        ([1.5, 0.5, 0.2], "rising"),
        ([1.5, 1.2, 0.5], "falling"),
        ([1.5, 0.5, 9], "steady"),
        ([2.5, 9], "still"),
        ([1.0], "falling"),
        ([2.0], "still"),
    ],
)
def test_whether_a_cause_grows(store: SqlStore, ages: list[float], trend: str) -> None:
    """Ages in hours; what is exactly an hour old is of the hour before, what is exactly two is of neither."""
    now = 10 * HOUR
    for age in ages:
        bury(store, at=now - int(age * HOUR))

    (count,) = store.causes(now)

    assert (
        cases.Case(CaseRow("", count.cause, CaseState.NEW, None, None), 1, 0, 0, count.lately, count.before).trend
        == trend
    )


def test_taken_noted_waiting_and_resolved(store: SqlStore) -> None:
    bury(store)
    (found,) = cases.all_cases(store)
    one = found.row.case_id

    assert cases.take(store, one, "sato", "mine").row.state is CaseState.INVESTIGATING
    assert cases.say(store, one, "sato", "asked them", ticket="T-7", waiting=True).row.state is CaseState.WAITING
    assert cases.say(store, one, "suzuki", "still nothing").row.state is CaseState.WAITING
    assert cases.say(store, one, "sato", "they answered", waiting=False).row.state is CaseState.INVESTIGATING
    with pytest.raises(Refused, match=r"case\.open_letters"):
        cases.resolve(store, one, "sato", "done")
    close_all(store, "deliver.rejected")
    done = cases.resolve(store, one, "sato", "done")

    assert (done.row.state, done.row.owner, done.row.ticket, done.letters) == (CaseState.RESOLVED, "sato", "T-7", 0)
    assert [(note.who, note.act, note.note) for note in store.case_notes(one)] == [
        ("sato", "take", "mine"),
        ("sato", "wait", "asked them"),
        ("suzuki", "note", "still nothing"),
        ("sato", "note", "they answered"),
        ("sato", "resolve", "done"),
    ]
    assert cases.all_cases(store) == []
    assert cases.all_cases(store, resolved=True) == [done]


def test_a_case_whose_cause_comes_back_is_new_again_and_keeps_what_was_said(store: SqlStore) -> None:
    bury(store)
    one = cases.all_cases(store)[0].row.case_id
    cases.take(store, one, "sato", "mine")
    close_all(store, "deliver.rejected")
    cases.resolve(store, one, "sato", "done")

    bury(store)

    (again,) = cases.all_cases(store)
    assert (again.row.case_id, again.row.state, again.row.owner) == (one, CaseState.NEW, "sato")
    assert len(store.case_notes(one)) == 2


def test_one_that_somebody_works_on_stays_in_sight_without_open_letters(store: SqlStore) -> None:
    bury(store)
    one = cases.all_cases(store)[0].row.case_id
    cases.take(store, one, "sato", "mine")
    close_all(store, "deliver.rejected")
    assert [case.row.case_id for case in cases.all_cases(store)] == [one]


def test_one_that_does_not_exist(store: SqlStore) -> None:
    with pytest.raises(Refused, match=r"case\.unknown"):
        cases.case(store, "00000000")


def test_another_tenant_sees_none(new_store: Callable[[], SqlStore]) -> None:
    mine, other = new_store(), new_store()
    bury(mine)
    one = cases.all_cases(mine)[0].row.case_id
    cases.take(mine, one, "sato", "mine")

    assert cases.all_cases(other, resolved=True) == []
    assert other.case_notes(one) == []


def test_pages_follow_one_another_without_gap_or_repetition(store: SqlStore) -> None:
    for at in range(25):
        bury(store, at=at)
        bury(store, "hub.internal", at=at)
    seen: list[int] = []
    while page := store.dead_letters(DeadFilter(code="deliver.rejected"), after_id=seen[-1] if seen else 0, limit=7):
        seen += [letter.id for letter in page]
    assert len(seen) == len(set(seen)) == 25
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (DeadFilter(since=10, until=20), [10, 15]),
        (DeadFilter(persons=("h1",)), [5, 10, 15, 20]),
        (DeadFilter(persons=("nobody", "h2")), [5, 10, 15, 20]),
        (DeadFilter(persons=("h",)), []),
        (DeadFilter(persons=()), []),
        (DeadFilter(correlation_id="flow", until=20), [15]),
    ],
)
def test_searched_by_time_person_and_flow(store: SqlStore, where: DeadFilter, found: list[int]) -> None:
    for at in (5, 10, 15, 20):
        bury(store, at=at, **({"correlation_id": "flow"} if at > 10 else {}))
    assert [letter.at for letter in store.dead_letters(where)] == found
