"""Lists of permitted inquiries in the store (F15, R23): absent, expired or silent, nothing is permitted."""

from dataclasses import replace

import pytest

from hub.ports.permissions import Combination, ListSummary, Permission, PermissionList
from hub.store import SqlStore

THEM = Combination("them", "JT1", "us", "TM1")
OTHERS = replace(THEM, inquirer="others")
LIST = PermissionList(3, 100, 200, frozenset({THEM}))


def test_without_a_list_there_is_no_permission(store: SqlStore) -> None:
    assert store.permission(THEM, 150) is None
    assert store.permission_lists() == []


def test_what_the_list_names_is_listed_and_nothing_else(store: SqlStore) -> None:
    assert store.keep_list(LIST, 50)

    assert store.permission(THEM, 150) == Permission(3, 200, listed=True)
    for other in (OTHERS, replace(THEM, procedure="JT2"), replace(THEM, provider="x"), replace(THEM, item="TM2")):
        assert store.permission(other, 150) == Permission(3, 200, listed=False)
    assert store.permission_lists() == [ListSummary(3, 100, 200, 50, 1)]


def test_a_list_counts_from_its_beginning_and_says_when_it_ended(store: SqlStore) -> None:
    store.keep_list(LIST, 50)

    assert store.permission(THEM, 99) is None
    assert store.permission(THEM, 100) is not None
    assert store.permission(THEM, 900) == Permission(3, 200, listed=True)


def test_the_newest_version_that_has_begun_wins_whatever_came_last(store: SqlStore) -> None:
    newer = PermissionList(4, 120, 500, frozenset({OTHERS}))
    assert store.keep_list(newer, 60)
    assert store.keep_list(LIST, 70)  # an older one, late

    assert store.permission(THEM, 110) == Permission(3, 200, listed=True)  # the newer one has not begun
    assert store.permission(THEM, 150) == Permission(4, 500, listed=False)
    assert [one.version for one in store.permission_lists()] == [4, 3]


def test_an_empty_list_permits_nothing(store: SqlStore) -> None:
    assert store.keep_list(replace(LIST, combinations=frozenset()), 50)

    assert store.permission(THEM, 150) == Permission(3, 200, listed=False)


def test_the_same_version_again_changes_nothing(store: SqlStore) -> None:
    assert store.keep_list(LIST, 50)
    assert store.keep_list(LIST, 60)

    assert store.permission_lists() == [ListSummary(3, 100, 200, 50, 1)]


@pytest.mark.parametrize(
    "other",
    [
        replace(LIST, valid_until=900),
        replace(LIST, valid_from=0),
        replace(LIST, combinations=frozenset({THEM, OTHERS})),
    ],
)
def test_a_known_version_with_other_content_is_not_taken(store: SqlStore, other: PermissionList) -> None:
    store.keep_list(LIST, 50)

    assert not store.keep_list(other, 60)

    assert store.permission(OTHERS, 150) == Permission(3, 200, listed=False)
    assert store.permission_lists() == [ListSummary(3, 100, 200, 50, 1)]


def test_lists_of_another_tenant_are_not_seen(new_store) -> None:  # type: ignore[no-untyped-def]
    new_store().keep_list(LIST, 50)

    assert new_store().permission(THEM, 150) is None
