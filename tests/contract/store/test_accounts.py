"""Accounts and sessions in the store: each change kept with its author, each code used once, each failure counted."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.ports.accounts import Account, Change, Credentials, Role, Session
from hub.ports.sealed import SealedBody
from hub.store import SqlStore
from tests.contract.store.samples import new_id

CREDENTIALS = Credentials("hash", SealedBody("key", b"\x00secret"))
CREATED = Change(1, "admin", "create", "roles support", "joined")


def account(name: str, **changes: object) -> Account:
    plain = Account(
        name, "Synthetic Person", frozenset({Role.SUPPORT}), frozenset({"pmh"}), frozenset({"F16"}), disabled=False,
        expires_at=None, must_change=True, created_at=1, created_by="admin",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def created(store: SqlStore) -> Account:
    made = account(f"a{new_id()[:8]}")
    assert store.create_account(made, CREDENTIALS, CREATED)
    return made


def session(name: str, **changes: object) -> Session:
    return replace(Session(new_id(), name, "10.0.0.5", 10, 10), **changes)  # type: ignore[arg-type]


def test_an_account_comes_back_as_it_was_made(store: SqlStore) -> None:
    made = created(store)

    assert store.account(made.name) == made
    assert made in store.accounts()
    assert store.credentials(made.name) == CREDENTIALS
    assert store.account_changes(made.name) == [CREATED]
    assert store.account("nobody") is None
    assert store.credentials("nobody") is None


def test_a_name_is_given_once_even_after_its_end(store: SqlStore) -> None:
    made = created(store)
    store.change_account(made, replace(made, disabled=True), replace(CREATED, act="disable"))

    assert not store.create_account(account(made.name, display="Another"), CREDENTIALS, CREATED)
    assert store.account(made.name) == replace(made, disabled=True)
    assert [change.act for change in store.account_changes(made.name)] == ["create", "disable"]


def test_of_several_processes_one_gives_the_name(store: SqlStore) -> None:
    name, results = f"a{new_id()[:8]}", []
    threads = [
        threading.Thread(target=lambda: results.append(store.create_account(account(name), CREDENTIALS, CREATED)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert len(store.account_changes(name)) == 1


def test_whoever_is_disabled_has_no_session_any_more(store: SqlStore) -> None:
    made, other = created(store), created(store)
    for one in (made, other):
        assert store.begin_session(session(one.name), step=5)

    store.change_account(made, replace(made, disabled=True), Change(20, "admin", "disable", "", "left"))

    [ended], [kept] = store.sessions([made.name]), store.sessions([other.name])
    assert (ended.ended_at, ended.ended_why) == (20, "disabled")
    assert kept.ended_at is None


def test_new_credentials_end_all_sessions(store: SqlStore) -> None:
    made = created(store)
    store.begin_session(session(made.name), step=5)
    fresh = Credentials("other hash", SealedBody("key 2", b"other"))

    assert store.set_credentials(made.name, fresh, False, Change(30, made.name, "password", "", ""))

    assert store.credentials(made.name) == fresh
    assert store.account(made.name) == replace(made, must_change=False)
    assert store.sessions([made.name])[0].ended_why == "password"
    assert not store.set_credentials("nobody", fresh, False, CREATED)


def test_a_code_counts_once(store: SqlStore) -> None:
    made = created(store)
    assert store.begin_session(session(made.name), step=5)
    assert not store.begin_session(session(made.name), step=5)
    assert not store.begin_session(session(made.name), step=4)
    assert store.begin_session(session(made.name), step=6)
    assert len(store.sessions([made.name])) == 2


def test_failures_at_the_same_moment_are_all_counted(store: SqlStore) -> None:
    made = created(store)
    threads = [threading.Thread(target=store.note_failure, args=(made.name,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.note_failure(made.name) == 9
    store.lock_account(made.name, 99)
    found = store.credentials(made.name)
    assert found is not None
    assert (found.failures, found.locked_until) == (9, 99)
    store.begin_session(session(made.name), step=5)
    found = store.credentials(made.name)
    assert found is not None
    assert (found.failures, found.locked_until, found.step) == (0, 0, 5)
    assert store.note_failure("nobody") == 0


def test_a_session_is_used_and_ended(store: SqlStore) -> None:
    made = created(store)
    first = session(made.name)
    store.begin_session(first, step=5)

    store.touch_session(first.token, 15)
    store.touch_session(first.token, 12)  # a clock that is behind
    found = store.session(first.token)
    assert found is not None
    assert found.last_at == 15
    store.end_session(first.token, 20, "signed out")
    store.end_session(first.token, 25, "expired")
    found = store.session(first.token)
    assert found is not None
    assert (found.ended_at, found.ended_why) == (20, "signed out")
    assert store.session("nobody's") is None


def test_another_municipality_knows_nobody_of_these(new_store: Callable[[], SqlStore]) -> None:
    mine, stranger = new_store(), new_store()
    made = created(mine)
    token = session(made.name)
    mine.begin_session(token, step=5)

    assert stranger.accounts() == []
    assert stranger.account(made.name) is None
    assert stranger.session(token.token) is None
    assert stranger.sessions() == []
    assert not stranger.change_account(made, replace(made, disabled=True), CREATED)
    stranger.end_session(token.token, 20, "stolen")
    assert mine.session(token.token) == token


@pytest.mark.rule("R51", "R52")
def test_a_change_of_what_somebody_else_has_changed_meanwhile_is_not_made(store: SqlStore) -> None:
    """Given an account that one administrator ends while another is about to give it other roles
    When the other one's change comes, made of the account as it was
    Then nothing is changed: the account has ended
    """
    made = created(store)
    ended = replace(made, disabled=True)
    assert store.change_account(made, ended, Change(20, "admin", "disable", "", "left"))

    assert not store.change_account(made, replace(made, display="Moved"), Change(21, "other", "change", "", "moved"))

    assert store.account(made.name) == ended
    assert [one.act for one in store.account_changes(made.name)] == [CREATED.act, "disable"]
