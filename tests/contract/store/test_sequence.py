"""Places in a sequence: only the first message of a record without an end may go out, the others wait, sealed."""

from dataclasses import replace

import pytest

from hub.ports.store import Child, DeadFilter, End, LeaseRequest, Progress, SealedBody, Settlement, Verdict, Waiting
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, dead, new_id, request, sent, settled


def accept(store: SqlStore, key: str, count: int) -> list[str]:
    """Take in `count` messages of one record, in one batch each; returns their ids at the delivery hop."""
    ids = [new_id() for _ in range(count)]
    for each in ids:
        placed = Child(DELIVERY, each, "eligibility.registration", "digest", key)
        store.settle([settled(new_id(), children=(placed,))])
    return ids


def wish(message_id: str, now: int = 0, **changes: object) -> LeaseRequest:
    return request(message_id, sequenced=True, now=now, deadline=now + 10 * SECOND, **changes)


def verdicts(store: SqlStore, requests: list[LeaseRequest]) -> list[Verdict]:
    return [one.verdict for one in store.open_leases(requests)]


def waits(message_id: str) -> Settlement:
    body = SealedBody("key 1", message_id.encode())
    waiting = Waiting(message_id, f'{{"message_id": "{message_id}"}}', body)
    plain = settled(message_id, Progress.WAITING, hop=DELIVERY, sequenced=True)
    return replace(plain, waiting=waiting)


def releasable(store: SqlStore, now: int = 0) -> list[str]:
    claimed = store.claim_releasable(DELIVERY, now, now + SECOND, 100)
    assert all(one.body.ciphertext == one.message_id.encode() for one in claimed)
    return [one.message_id for one in claimed]


def deliver(store: SqlStore, message_id: str, outcome: End | Progress = End.DELIVERED) -> None:
    lease = wish(message_id)
    assert verdicts(store, [lease]) == [Verdict.GRANTED]
    store.settle([replace(sent(lease, outcome), sequenced=True)])


def test_only_the_first_of_a_record_goes_out_whatever_order_it_is_asked_in(store: SqlStore) -> None:
    first, second, third = accept(store, "record", 3)
    (other,) = accept(store, "other record", 1)

    asked = [wish(third), wish(second), wish(other), wish(first)]

    assert verdicts(store, asked) == [Verdict.WAITING, Verdict.WAITING, Verdict.GRANTED, Verdict.GRANTED]


def test_a_message_whose_acceptance_is_not_committed_has_no_place_yet(store: SqlStore) -> None:
    assert verdicts(store, [wish(new_id())]) == [Verdict.UNPLACED]


def test_the_next_one_is_released_when_the_first_has_its_end(store: SqlStore) -> None:
    first, second, third = accept(store, "record", 3)
    store.settle([waits(third), waits(second)])
    assert (releasable(store), store.releasable(DELIVERY)) == ([], 0)

    deliver(store, first)

    assert store.releasable(DELIVERY) == 1
    assert releasable(store) == [second]
    assert store.releasable(DELIVERY) == 1  # claimed, and not out yet
    store.released(DELIVERY, [second])
    assert releasable(store, now=10 * SECOND) == []  # the third's turn comes after the second's end
    deliver(store, second)
    assert releasable(store) == [third]


@pytest.mark.parametrize("end", [End.DELIVERED, End.DUPLICATE, End.SUPERSEDED])
def test_every_end_frees_the_next_one(store: SqlStore, end: End) -> None:
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])

    store.settle([settled(first, end, hop=DELIVERY, sequenced=True)])

    assert releasable(store) == [second]


@pytest.mark.parametrize("progress", [Progress.RETRY, Progress.WAIT, Progress.DEAD])
def test_what_is_no_end_keeps_the_next_one_waiting(store: SqlStore, progress: Progress) -> None:
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])
    letter = dead(first, sequenced=True) if progress is Progress.DEAD else None

    store.settle([letter or settled(first, progress, hop=DELIVERY, sequenced=True)])

    assert releasable(store) == []
    assert verdicts(store, [wish(second)]) == [Verdict.WAITING]


def test_discarding_a_dead_letter_frees_the_next_one(store: SqlStore) -> None:
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])
    store.settle([dead(first, sequenced=True)])

    assert store.discard(dead_id(store), "a", "b")

    assert releasable(store) == [second]


def dead_id(store: SqlStore) -> int:
    (letter,) = store.dead_letters(DeadFilter())
    return letter.id


def test_a_claim_is_one_process_s_own_until_it_runs_out(store: SqlStore) -> None:
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])
    deliver(store, first)

    assert releasable(store, now=0) == [second]
    assert releasable(store, now=SECOND - 1) == []
    assert releasable(store, now=SECOND) == [second]


def test_waiting_messages_are_accounted_for(store: SqlStore) -> None:
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])
    assert balance(store) == (2, 1)
    deliver(store, first)
    assert releasable(store) == [second]

    store.released(DELIVERY, [second])

    assert balance(store) == (2, 0)


def balance(store: SqlStore) -> tuple[int, int]:
    """Accepted and waiting at the delivery hop."""
    (found,) = [one for one in store.balances() if one.hop == DELIVERY]
    return found.accepted, found.waiting


def test_a_release_that_comes_late_does_not_take_away_what_waits_anew(store: SqlStore) -> None:
    """Given a message handed back to its queue, which came out again and waits anew
    When the one who handed it back says so only now
    Then its body is still there: it stands in no queue any more
    """
    first, second = accept(store, "record", 2)
    store.settle([waits(second)])
    deliver(store, first)
    assert releasable(store) == [second]
    store.settle([waits(second)])

    store.released(DELIVERY, [second])

    assert balance(store) == (2, 1)
    assert releasable(store) == [second]


def test_a_place_is_kept_when_the_acceptance_is_settled_again(store: SqlStore) -> None:
    first, second = accept(store, "record", 2)
    deliver(store, first)

    again = Child(DELIVERY, first, "eligibility.registration", "digest", "record")
    store.settle([settled(new_id(), children=(again,))])

    assert verdicts(store, [wish(second)]) == [Verdict.GRANTED]


def test_another_tenant_has_sequences_of_its_own(new_store: object) -> None:
    here, there = new_store(), new_store()  # type: ignore[operator]
    first, second = accept(here, "record", 2)
    here.settle([waits(second)])
    deliver(here, first)

    assert releasable(there) == []
    there.released(DELIVERY, [second])
    assert releasable(here) == [second]


def test_a_claim_by_a_clock_that_was_far_ahead_is_not_waited_for(store: SqlStore) -> None:
    (first,) = accept(store, "record", 1)
    store.settle([waits(first)])
    assert releasable(store, now=3600 * SECOND) == [first]

    assert releasable(store, now=SECOND) == [first]
