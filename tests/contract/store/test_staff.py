"""A personnel feed in the store: kept and carried out in one commit, or not at all."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from hub.ports.accounts import Account, Change
from hub.ports.audit import AuditFilter
from hub.ports.staff import Alteration, Employee, Feed, Standing
from hub.store import SqlStore
from tests.contract.store.test_accounts import created, session

APRIL = Feed(date(2027, 4, 1), "digest", 2, 50, "admin")
MAY = replace(APRIL, of=date(2027, 5, 1), at=60)
SATO = Employee("sato", "10877", "Child welfare", date(2024, 4, 1), date(2027, 3, 31), Standing.LEFT)
SUZUKI = Employee("suzuki", "10234", "Tax", date(2025, 4, 1), None, Standing.ACTIVE)


def ended(account: Account) -> Alteration:
    return Alteration(account, replace(account, disabled=True), Change(50, "admin", "disable", "roles", "left"))


def test_the_last_feed_and_its_people_come_back(store: SqlStore) -> None:
    assert store.staff_feed() is None
    assert store.apply_staff(APRIL, [SUZUKI, SATO], [])
    assert (store.staff_feed(), store.staff()) == (APRIL, [SATO, SUZUKI])

    moved = replace(SUZUKI, department="Child welfare", standing=Standing.SUSPENDED)
    assert store.apply_staff(MAY, [moved], [])

    assert (store.staff_feed(), store.staff()) == (MAY, [moved])
    assert store.staff(listed=False) == [SATO, moved]


@pytest.mark.rule("R52")
def test_whoever_has_left_loses_account_and_sessions_in_the_same_commit(store: SqlStore) -> None:
    leaver, other = created(store), created(store)
    for one in (leaver, other):
        store.begin_session(session(one.name), step=5)

    assert store.apply_staff(APRIL, [], [ended(leaver)])

    assert store.account(leaver.name) == replace(leaver, disabled=True)
    assert store.account(other.name) == other
    assert store.sessions([leaver.name])[0].ended_why == "disabled"
    assert store.sessions([other.name])[0].ended_at is None
    assert [one.act for one in store.account_changes(leaver.name)] == ["create", "disable"]
    acts = [row.text for row in store.newest_audit_rows(AuditFilter(act="account.feed"))]
    assert len(acts) == 1
    assert '"changed":1' in acts[0]


def test_an_older_feed_and_accounts_that_changed_meanwhile_leave_all_as_it_was(store: SqlStore) -> None:
    leaver, changed = created(store), created(store)
    assert store.apply_staff(MAY, [SATO], [])
    assert not store.apply_staff(APRIL, [SUZUKI], [ended(leaver)])
    looked_at = changed
    store.change_account(changed, replace(changed, display="Another"), Change(55, "admin", "change", "", ""))
    assert not store.apply_staff(replace(MAY, at=70), [SUZUKI], [ended(leaver), ended(looked_at)])

    assert (store.staff_feed(), store.staff()) == (MAY, [SATO])
    assert store.account(leaver.name) == leaver
    assert len(store.newest_audit_rows(AuditFilter(act="account.feed"))) == 1


def test_the_same_day_may_be_applied_again(store: SqlStore) -> None:
    assert store.apply_staff(APRIL, [SATO], [])
    assert store.apply_staff(replace(APRIL, at=99), [SATO], [])


def test_of_two_at_once_one_ends_the_account(store: SqlStore) -> None:
    leaver, results = created(store), []
    threads = [
        threading.Thread(target=lambda: results.append(store.apply_staff(APRIL, [SATO], [ended(leaver)])))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, False, True]
    assert [one.act for one in store.account_changes(leaver.name)] == ["create", "disable"]


@pytest.mark.rule("R34")
def test_another_municipality_has_a_feed_of_its_own(new_store: Callable[[], SqlStore]) -> None:
    mine, other = new_store(), new_store()
    assert mine.apply_staff(MAY, [SATO], [])
    assert other.staff_feed() is None
    assert other.apply_staff(APRIL, [SUZUKI], [])
    assert (mine.staff_feed(), mine.staff()) == (MAY, [SATO])
