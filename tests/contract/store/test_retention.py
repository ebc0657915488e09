"""Deletion of what was closed long ago: listed, confirmed, deleted page by page; what people work on stays."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.errors import Refused
from hub.ports.cases import CaseRow, CaseState, Cause, Note
from hub.ports.holds import HoldAct, HoldState, NewHold
from hub.ports.retention import BatchState, Counts
from hub.ports.store import DeadFilter, Progress, SealedBody, WrappedKey
from hub.store import SqlStore
from hub.store.tables import dead_letter_names, dead_letters
from hub.store.tables_fence import holds
from hub.support import cases, retention
from tests.contract.store.samples import CHILD, DELIVERY, dead, draft, new_id, settled

LATER = 4_000_000_000_000_000  # after everything a test closes now
BEFORE_ALL = 1


def buried(store: SqlStore, code: str = "deliver.rejected", key_id: str = "key 1") -> int:
    message = new_id()
    plain = dead(message, code)
    assert plain.dead is not None
    store.settle([replace(plain, dead=replace(plain.dead, body=SealedBody(key_id, b"sealed")))])
    [letter] = store.dead_letters(DeadFilter(message_id=message))
    return letter.id


def closed(store: SqlStore, code: str = "deliver.rejected", key_id: str = "key 1") -> int:
    dead_id = buried(store, code, key_id)
    assert store.discard(dead_id, "clerk", "sent anew")
    return dead_id


def held(store: SqlStore, decided_at: int | None) -> int:
    kept = NewHold("fence.protected", 1, new_id(), DELIVERY, "{}", SealedBody("key 1", b"sealed"), (CHILD,))
    store.settle([replace(settled(new_id(), Progress.HELD, hop=DELIVERY), hold=kept)])
    hold_id = store.holds([HoldState.OPEN], limit=1000)[-1].id
    if decided_at is not None:
        store.move_hold(hold_id, [HoldState.OPEN], HoldState.REFUSED, HoldAct(decided_at, "clerk", "refuse", "no"))
    return hold_id


def key(store: SqlStore, purpose: str, subject: str | None) -> str:
    return store.add_key(WrappedKey(new_id(), purpose, subject, b"wrapped", 1)).key_id


def confirmed(store: SqlStore, before: int = LATER) -> int:
    batch = store.list_batch(before, "clerk", 5)
    assert store.move_batch(batch, [BatchState.LISTED], BatchState.CONFIRMED, "clerk", 6)
    return batch


def named(store: SqlStore) -> set[int]:
    """Letters whose persons are written beside them."""
    mine = sa.select(dead_letter_names.c.dead_id).where(dead_letter_names.c.tenant == store._tenant)
    return set(store._database.read(lambda connection: connection.execute(mine).scalars().all()))


def test_what_is_open_or_not_old_enough_is_not_listed(store: SqlStore) -> None:
    buried(store)
    closed(store)
    held(store, None)
    held(store, decided_at=50)

    def listed(before: int) -> Counts:
        batch = store.batch(store.list_batch(before, "clerk", 5))
        assert batch is not None
        return batch.targets

    assert listed(LATER) == Counts(1, 1)
    assert listed(50) == Counts(0, 0), "decided at 50, and closed just now"
    assert listed(51) == Counts(0, 1)


@pytest.mark.rule("R61")
def test_nothing_is_deleted_before_it_is_confirmed_and_then_page_by_page(store: SqlStore) -> None:
    gone, kept = [closed(store) for _ in range(5)], buried(store)
    hold = held(store, 50)
    batch = store.list_batch(LATER, "clerk", 5)
    assert store.delete_page(batch, 100) == 0

    assert store.move_batch(batch, [BatchState.LISTED], BatchState.CONFIRMED, "supervisor", 6)
    assert [store.delete_page(batch, 4), store.delete_page(batch, 4), store.delete_page(batch, 4)] == [4, 2, 0]

    assert [store.dead_letter(one) for one in gone] == [None] * 5
    assert named(store) == {kept}
    assert store.dead_letter(kept) is not None
    assert store.hold(hold) is None
    found = store.batch(batch)
    assert found is not None
    assert (found.targets, found.left, found.confirmed_by) == (Counts(5, 1), Counts(0, 0), "supervisor")


def test_the_books_balance_without_them(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    closed(store)
    before = store.balances()
    store.delete_page(confirmed(store), 100)
    assert store.balances() == before


@pytest.mark.rule("R61")
def test_a_case_that_is_worked_on_keeps_its_letters(store: SqlStore) -> None:
    one, other = closed(store), closed(store, "deliver.exhausted")
    [letter] = [each for each in store.dead_letters(DeadFilter(state=None), limit=1000) if each.id == one]
    cause = Cause(letter.code, letter.hop, letter.type)
    row = CaseRow(cases.case_id(cause), cause, CaseState.WAITING, "clerk", None)
    store.write_case(row, Note(1, "clerk", "wait", "the vendor looks at it"))
    batch = confirmed(store)
    found = store.batch(batch)
    assert found is not None
    assert (found.targets.dead_letters, found.blocked) == (1, 1)

    store.delete_page(batch, 100)
    assert store.dead_letter(one) is not None
    assert store.dead_letter(other) is None

    store.write_case(replace(row, state=CaseState.RESOLVED), Note(2, "clerk", "resolve", "done"))
    assert store.delete_page(batch, 100) == 0, "it was not on the list that was confirmed"
    assert store.delete_page(confirmed(store), 100) == 1
    assert store.dead_letter(one) is None


@pytest.mark.rule("R61")
def test_what_was_listed_and_is_worked_on_by_now_stays_and_is_told(new_store: Callable[[], SqlStore]) -> None:
    """Given a list of two letters, for one of which a case is opened before the list is confirmed
    When the list is deleted
    Then that one is there, and is what is left
    """
    store = new_store()
    one, other = closed(store), closed(store, "deliver.exhausted")
    batch = store.list_batch(LATER, "clerk", 5)
    [letter] = [each for each in store.dead_letters(DeadFilter(state=None), limit=1000) if each.id == one]
    cause = Cause(letter.code, letter.hop, letter.type)
    row = CaseRow(cases.case_id(cause), cause, CaseState.WAITING, "clerk", None)
    store.write_case(row, Note(1, "clerk", "wait", "a question has come"))

    done = retention.confirm(store, batch, "supervisor")

    assert (done.state, done.targets, done.left) == (BatchState.DELETED, Counts(2, 0), Counts(1, 0))
    assert store.dead_letter(one) is not None
    assert store.dead_letter(other) is None
    assert store.move_batch(store.list_batch(LATER, "clerk", 7), [BatchState.LISTED], BatchState.CANCELLED, "clerk", 8)


@pytest.mark.rule("R61")
def test_what_is_freed_after_the_list_was_made_is_not_deleted_with_it(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    listed = closed(store)
    batch = store.list_batch(LATER, "clerk", 5)
    later = closed(store)  # old enough by the same day, and on no list

    done = retention.confirm(store, batch, "supervisor")

    assert (done.targets, done.left) == (Counts(1, 0), Counts(0, 0))
    assert store.dead_letter(listed) is None
    assert store.dead_letter(later) is not None


def test_edits_go_with_their_letter_and_keys_that_sealed_it_alone(store: SqlStore) -> None:
    own, lone = key(store, "person", new_id()), key(store, "case", None)
    first, second = buried(store, key_id=lone), closed(store, key_id=own)
    edit = store.propose_edit(draft(first))
    assert edit is not None
    assert store.release_edit(edit, "supervisor", "right", 6)

    store.delete_page(confirmed(store), 100)

    assert store.edit(edit) is None
    assert store.dead_letter(second) is None
    assert store.key(lone) is None
    assert store.key(own) is not None, "it seals other bodies of the person"


def test_as_staff_do_it(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    with pytest.raises(Refused, match=r"retention\.nothing"):
        retention.list_targets(store, 1, "clerk")
    for _ in range(3):
        held(store, 50)
    batch = retention.list_targets(store, 1, "clerk")
    with pytest.raises(Refused, match=r"retention\.state"):
        retention.accept(store, batch.id, "clerk", "too early")
    done = retention.confirm(store, batch.id, "supervisor")
    assert (done.state, done.targets.holds, done.left.total) == (BatchState.DELETED, 3, 0)
    with pytest.raises(Refused, match=r"retention\.state"):
        retention.confirm(store, batch.id, "supervisor")
    accepted = retention.accept(store, batch.id, "clerk", "3 listed, 0 left")
    assert (accepted.state, accepted.accepted_by, accepted.note) == (BatchState.ACCEPTED, "clerk", "3 listed, 0 left")
    with pytest.raises(Refused, match=r"retention\.unknown"):
        retention.confirm(store, 0, "clerk")


def test_an_interrupted_deletion_is_confirmed_again(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    for _ in range(3):
        held(store, 50)
    batch = confirmed(store)
    store.delete_page(batch, 1)

    assert retention.confirm(store, batch, "clerk").left.total == 0


def test_another_municipality_has_no_part_in_it(new_store: Callable[[], SqlStore]) -> None:
    store, stranger = new_store(), new_store()
    mine = closed(store)
    batch = confirmed(store)

    assert stranger.batch(batch) is None
    assert stranger.delete_page(batch, 100) == 0
    assert stranger.delete_page(confirmed(stranger), 100) == 0
    assert store.dead_letter(mine) is not None


@pytest.mark.rule("R61")
def test_what_is_held_keeps_the_letters_of_its_flow_until_it_is_decided(new_store: Callable[[], SqlStore]) -> None:
    """The letter may be needed to judge what is held: the same flow, another way of it."""
    store = new_store()
    one, other = closed(store), closed(store)
    hold_id = held(store, None)
    flow = sa.select(holds.c.correlation_id).where(holds.c.id == hold_id).scalar_subquery()
    of_flow = sa.update(dead_letters).values(correlation_id=flow).where(dead_letters.c.id == one)
    store._database.write(lambda connection: connection.execute(of_flow))
    batch = confirmed(store)
    found = store.batch(batch)
    assert found is not None
    assert (found.targets.dead_letters, found.blocked) == (1, 1)

    store.delete_page(batch, 100)
    assert store.dead_letter(other) is None
    assert store.dead_letter(one) is not None

    store.move_hold(hold_id, [HoldState.OPEN], HoldState.REFUSED, HoldAct(50, "clerk", "refuse", "no"))
    assert store.delete_page(batch, 100) == 0, "neither was on the list that was confirmed"
    assert store.delete_page(confirmed(store), 100) == 2  # the letter and the hold
