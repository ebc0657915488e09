"""Edits: kept beside an open dead letter, and released in one commit with the end of the original."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub.errors import Refused
from hub.ports.edits import EditState, NewEdit
from hub.ports.store import Child, DeadFilter, End, Known, Verdict
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, dead, draft, new_id, request, sent, settled

WAITING = (EditState.PROPOSED,)


def buried(store: SqlStore, message_id: str | None = None, **changes: Any) -> int:
    message_id = message_id or new_id()
    store.settle([dead(message_id, **changes)])
    [letter] = store.dead_letters(DeadFilter(message_id=message_id))
    return letter.id


def proposed(store: SqlStore, dead_id: int, **changes: Any) -> tuple[int, NewEdit]:
    new = draft(dead_id, **changes)
    edit_id = store.propose_edit(new)
    assert edit_id is not None
    return edit_id, new


def test_an_edit_is_listed_with_what_it_is_about_and_without_its_content(store: SqlStore) -> None:
    dead_id = buried(store, original := new_id())

    edit_id, new = proposed(store, dead_id)

    [found] = [one for one in store.edits(WAITING, limit=1000) if one.id == edit_id]
    assert found == store.edit(edit_id)
    assert store.edits_of(dead_id) == [found]
    assert store.edits_of(buried(store)) == []
    assert (found.original_id, found.hop, found.queue, found.state) == (
        original,
        DELIVERY,
        DELIVERY,
        EditState.PROPOSED,
    )
    assert (found.fields, found.who, found.reason, found.ticket, found.at) == (
        ("/change/name",), "clerk", "a wrong date", "T-1", 50,
    )  # fmt: skip
    assert store.edit_body(edit_id) == (new.envelope, new.body)
    assert store.known(DELIVERY, [original, new.message_id])[original].end is None


def test_a_released_edit_ends_the_original_and_is_accepted_itself(store: SqlStore) -> None:
    dead_id = buried(store, original := new_id())
    edit_id, new = proposed(store, dead_id)

    assert store.release_edit(edit_id, "supervisor", "right", 60)

    assert store.known(DELIVERY, [original, new.message_id]) == {
        original: Known("digest", End.REPLACED),
        new.message_id: Known("edited", None),
    }
    letter, edit = store.dead_letter(dead_id), store.edit(edit_id)
    assert letter is not None
    assert edit is not None
    assert (letter.state, letter.closed_by, letter.closed_at) == ("edited", "supervisor", 60)
    assert (edit.state, edit.decided_by, edit.decided_reason, edit.decided_at) == (
        EditState.APPROVED, "supervisor", "right", 60,
    )  # fmt: skip
    assert [each.outcome for each in store.trace(original)][-1] == "replaced"
    store.mark_edit_sent(edit_id)
    sent_edit = store.edit(edit_id)
    assert sent_edit is not None
    assert sent_edit.state is EditState.SENT
    assert not store.release_edit(edit_id, "supervisor", "again", 70)


def test_the_books_balance_before_and_after(store: SqlStore) -> None:
    hop = f"delivery.{new_id()[:8]}"
    edit_id, _ = proposed(store, buried(store, hop=hop))

    def balance() -> tuple[int, dict[str, int], int]:
        [one] = [each for each in store.balances() if each.hop == hop]
        return one.accepted, dict(one.ends), one.dead

    assert balance() == (1, {}, 1)
    store.release_edit(edit_id, "supervisor", "right", 60)
    assert balance() == (2, {"replaced": 1}, 0), "the new one is in progress: the broker has it"


@pytest.mark.parametrize("closing", ["replay", "discard"])
def test_original_and_edit_never_both_go(store: SqlStore, closing: str) -> None:
    first, second = buried(store), buried(store)
    before, _ = proposed(store, first)
    if closing == "replay":
        assert store.claim_replay(first, "colleague", "healed")
    else:
        assert store.discard(first, "colleague", "not needed")
    assert not store.release_edit(before, "supervisor", "right", 60)

    after, _ = proposed(store, second)
    assert store.release_edit(after, "supervisor", "right", 60)
    assert not store.claim_replay(second, "colleague", "healed")
    assert not store.discard(second, "colleague", "not needed")


def test_one_edit_of_a_dead_letter_at_a_time(store: SqlStore) -> None:
    dead_id = buried(store)
    edit_id, _ = proposed(store, dead_id)
    assert store.propose_edit(draft(dead_id)) is None
    assert store.decide_edit(edit_id, EditState.REFUSED, "supervisor", "no", 60)
    assert not store.decide_edit(edit_id, EditState.WITHDRAWN, "clerk", "late", 61)
    assert not store.release_edit(edit_id, "supervisor", "after all", 62)
    assert store.propose_edit(draft(dead_id)) is not None
    assert store.propose_edit(draft(0)) is None


def test_what_may_have_arrived_is_not_edited(store: SqlStore) -> None:
    lease = request(new_id())
    store.open_leases([lease])
    assert store.may_have_arrived(DELIVERY, lease.message_id), "a send is under way"
    store.settle([replace(dead(lease.message_id, "deliver.in_doubt"), leased_at=lease.now, in_doubt=True)])
    [letter] = store.dead_letters(DeadFilter(message_id=lease.message_id))

    assert store.may_have_arrived(DELIVERY, lease.message_id)
    assert store.propose_edit(draft(letter.id)) is None


def test_the_edit_takes_the_originals_place_in_its_record(store: SqlStore) -> None:
    key = new_id()
    first, second = new_id(), new_id()
    for each in (first, second):
        placed = Child(DELIVERY, each, "eligibility.registration", "digest", key)
        store.settle([settled(new_id(), children=(placed,))])
    edit_id, new = proposed(store, buried(store, first))
    store.release_edit(edit_id, "supervisor", "right", 60)

    wishes = [request(second, sequenced=True), request(new.message_id, digest="edited", sequenced=True)]

    assert [one.verdict for one in store.open_leases(wishes)] == [Verdict.WAITING, Verdict.GRANTED]


def test_the_version_claimed_for_refused_content_is_the_edits(store: SqlStore) -> None:
    lease = request(new_id(), state_key=new_id(), version=3)
    store.open_leases([lease])
    store.settle([replace(dead(lease.message_id), leased_at=lease.now)])
    [letter] = store.dead_letters(DeadFilter(message_id=lease.message_id))
    edit_id, new = proposed(store, letter.id)
    store.release_edit(edit_id, "supervisor", "right", 60)

    again = replace(lease, message_id=new.message_id, digest="edited", now=SECOND, deadline=11 * SECOND)
    [verdict] = store.open_leases([again])

    assert verdict.verdict is Verdict.GRANTED
    store.settle([sent(again)])
    other = replace(lease, message_id=new_id(), digest="other", now=2 * SECOND, deadline=12 * SECOND)
    assert [one.verdict for one in store.open_leases([other])] == [Verdict.VERSION_CONFLICT]


def test_what_was_due_stays_due(store: SqlStore) -> None:
    original = new_id()
    placed = replace(Child(DELIVERY, original, "eligibility.registration", "digest"), due_at=7)
    store.settle([settled(new_id(), children=(placed,))])
    edit_id, _ = proposed(store, buried(store, original))
    before = sum(count for hop, _, count, _ in store.overdue(8) if hop == DELIVERY)

    store.release_edit(edit_id, "supervisor", "right", 60)

    assert sum(count for hop, _, count, _ in store.overdue(8) if hop == DELIVERY) == before


def test_another_municipality_has_no_part_in_it(new_store: Callable[[], SqlStore]) -> None:
    store, other = new_store(), new_store()
    dead_id = buried(store)
    edit_id, _ = proposed(store, dead_id)

    assert other.edit(edit_id) is None
    assert other.propose_edit(draft(dead_id)) is None
    assert not other.release_edit(edit_id, "stranger", "", 60)
    assert not other.decide_edit(edit_id, EditState.REFUSED, "stranger", "", 60)
    with pytest.raises(Refused, match=r"edit\.unknown"):
        other.edit_body(edit_id)


@pytest.mark.rule("R8")
def test_closed_letters_of_a_type_are_emptied_and_what_is_still_to_go_is_not(
    new_store: Callable[[], SqlStore],
) -> None:
    """Given letters of one type in every state, and an edit that is approved and one that was refused
    When closed ones of the type are emptied
    Then open ones, those of other types, of other municipalities, and what is still to be sent keep their bodies
    """
    store, stranger = new_store(), new_store()
    still_open, discarded, edited, elsewhere = buried(store), buried(store), buried(store), buried(stranger)
    kept = store.dead_body(still_open)
    type_ = store.dead_letter(still_open).type  # type: ignore[union-attr]
    refused, _ = proposed(store, discarded)
    assert store.decide_edit(refused, EditState.REFUSED, "supervisor", "wrong", 60)
    assert store.discard(discarded, "clerk", "given up")
    assert stranger.discard(elsewhere, "clerk", "given up")
    approved, new = proposed(store, edited)
    assert store.release_edit(approved, "supervisor", "right", 60)

    assert store.empty_closed(["another.type"]) == 0
    assert store.empty_closed([type_]) == 2

    assert store.dead_body(still_open) == kept
    assert store.dead_body(discarded)[1].ciphertext == store.dead_body(edited)[1].ciphertext == b""
    assert store.edit_body(refused)[1].ciphertext == b""
    assert store.edit_body(approved)[1] == new.body
    assert stranger.dead_body(elsewhere)[1].ciphertext != b""
    store.mark_edit_sent(approved)
    assert store.empty_closed([type_]) == 0
    assert store.edit_body(approved)[1].ciphertext == b""
