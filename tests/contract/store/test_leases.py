"""Opening leases: what may go out now, decided and written before it does."""

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ports.store import DeadFilter, End, Known, LeaseRequest, LeaseVerdict, Progress, Verdict
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, child, dead, new_id, request, sent, settled

GRANTED = LeaseVerdict(Verdict.GRANTED)
IN_DOUBT = LeaseVerdict(Verdict.GRANTED, prior_in_doubt=True)


def ask(store: SqlStore, *requests: LeaseRequest) -> list[Verdict]:
    return [found.verdict for found in store.open_leases(requests)]


def deliver(store: SqlStore, lease: LeaseRequest, outcome: End | Progress = End.DELIVERED, **changes: Any) -> None:
    assert ask(store, lease) == [Verdict.GRANTED]
    store.settle([sent(lease, outcome, **changes)])


def later(lease: LeaseRequest, seconds: int = 1) -> LeaseRequest:
    now = lease.now + seconds * SECOND
    return request(
        lease.message_id,
        digest=lease.digest,
        state_key=lease.state_key,
        version=lease.version,
        now=now,
        deadline=now + 10 * SECOND,
    )


# --- one message


def test_a_new_message_is_granted_and_known_from_then_on(store: SqlStore) -> None:
    lease = request(new_id())

    assert store.open_leases([lease]) == [GRANTED]
    assert store.known(DELIVERY, [lease.message_id]) == {lease.message_id: Known("digest", None)}


def test_no_requests_no_verdicts(store: SqlStore) -> None:
    assert store.open_leases([]) == []


def test_the_intent_names_the_persons_by_hashes(store: SqlStore, shared_url: str) -> None:
    lease = request(new_id())
    store.open_leases([lease])

    engine = sa.create_engine(shared_url)
    with engine.connect() as connection:
        query = sa.text("SELECT owner, attempt, deadline, persons FROM leases WHERE message_id = :id")
        owner, attempt, deadline, persons = connection.execute(query, {"id": lease.message_id}).one()
    engine.dispose()

    assert (owner, attempt, deadline) == ("worker 1", 1, lease.deadline)
    assert json.loads(persons) == [["subject", [["addressee_number", "h1"], ["individual_number", "h2"]]]]


@pytest.mark.parametrize("end", list(End))
def test_a_message_with_an_end_is_a_duplicate(store: SqlStore, end: End) -> None:
    message = new_id()
    store.settle([settled(message, end, hop=DELIVERY)])

    assert ask(store, request(message)) == [Verdict.DUPLICATE]


def test_a_known_id_with_other_content_is_a_conflict(store: SqlStore) -> None:
    announced, ended, sending = new_id(), new_id(), request(new_id())
    store.settle([settled(new_id(), children=(child(announced),)), settled(ended, End.DELIVERED, hop=DELIVERY)])
    store.open_leases([sending])

    found = ask(store, *(request(one, digest="other") for one in (announced, ended, sending.message_id)))

    assert found == [Verdict.ID_CONFLICT] * 3


def test_a_message_being_sent_is_busy(store: SqlStore) -> None:
    lease = request(new_id())
    store.open_leases([lease])

    assert ask(store, later(lease), request(lease.message_id, owner="worker 2")) == [Verdict.BUSY] * 2


def test_the_same_message_at_another_hop_is_another_send(store: SqlStore) -> None:
    lease = request(new_id(), state_key="k")

    assert ask(store, lease, request(lease.message_id, hop="delivery.welfare", state_key="k")) == [
        Verdict.GRANTED,
        Verdict.GRANTED,
    ]


def test_the_same_request_again_has_the_same_answer(store: SqlStore) -> None:
    """Given a granted request whose answer was lost with the connection
    When it is asked again
    Then it is granted again, with what was known then
    """
    abandoned = request(new_id(), state_key="k", version=1)
    store.open_leases([abandoned])
    again = later(abandoned, 20)
    batch = [request(new_id()), again]
    first = store.open_leases(batch)

    assert store.open_leases(batch) == first == [GRANTED, IN_DOUBT]


def test_two_copies_in_one_batch_are_not_one_request(store: SqlStore) -> None:
    lease = request(new_id())

    assert ask(store, lease, lease) == [Verdict.GRANTED, Verdict.BUSY]


# --- earlier sends


def test_after_a_known_failure_a_message_is_sent_again_without_doubt(store: SqlStore) -> None:
    lease = request(new_id(), state_key="k", version=1)
    deliver(store, lease, Progress.RETRY)

    assert store.open_leases([later(lease)]) == [GRANTED]


def test_an_unanswered_send_is_in_doubt(store: SqlStore) -> None:
    lease = request(new_id())
    deliver(store, lease, Progress.RETRY, in_doubt=True)

    assert store.open_leases([later(lease)]) == [IN_DOUBT]


def test_an_abandoned_send_is_in_doubt_from_its_deadline_on(store: SqlStore) -> None:
    lease = request(new_id())
    store.open_leases([lease])

    assert ask(store, request(lease.message_id, now=lease.deadline - 1)) == [Verdict.BUSY]
    assert store.open_leases([request(lease.message_id, now=lease.deadline, deadline=99 * SECOND)]) == [IN_DOUBT]


def test_doubt_ends_with_a_send_whose_result_is_known(store: SqlStore) -> None:
    lease = request(new_id())
    deliver(store, lease, Progress.RETRY, in_doubt=True)
    second = later(lease)
    deliver(store, second, Progress.RETRY)

    assert store.open_leases([later(second)]) == [GRANTED]


def test_a_late_settlement_does_not_close_the_lease_of_another_send(store: SqlStore) -> None:
    """Given a send that outlived its lease, and a second one under a lease of its own
    When the first is settled
    Then the second is still under way
    """
    first = request(new_id(), state_key="k")
    store.open_leases([first])
    second = later(first, 20)
    assert store.open_leases([second]) == [IN_DOUBT]

    store.settle([sent(first, Progress.RETRY, settled_at=second.now + 1)])

    other = later(request(new_id(), state_key="k", now=second.now))
    assert ask(store, later(second), other) == [Verdict.BUSY] * 2


def test_a_replayed_dead_letter_is_sent_again_without_doubt(store: SqlStore) -> None:
    lease = request(new_id(), state_key="k", version=4)
    deliver(store, lease, Progress.DEAD, dead=dead(lease.message_id).dead)
    [letter] = store.dead_letters(DeadFilter(message_id=lease.message_id))
    store.claim_replay(letter.id, "a", "b")
    store.mark_replayed(letter.id)

    assert store.open_leases([later(lease)]) == [GRANTED]


def test_a_discarded_message_is_not_sent_again(store: SqlStore) -> None:
    lease = request(new_id())
    deliver(store, lease, Progress.DEAD, dead=dead(lease.message_id).dead)
    [letter] = store.dead_letters(DeadFilter(message_id=lease.message_id))
    store.discard(letter.id, "a", "b")

    assert ask(store, later(lease)) == [Verdict.DUPLICATE]


# --- one record


def test_one_send_at_a_time_for_a_record(store: SqlStore) -> None:
    first = request(new_id(), state_key="k")
    second = request(new_id(), state_key="k", now=1)

    assert ask(store, first, second, request(new_id(), state_key="other")) == [
        Verdict.GRANTED,
        Verdict.BUSY,
        Verdict.GRANTED,
    ]
    assert ask(store, second) == [Verdict.BUSY]

    store.settle([sent(first, Progress.RETRY)])
    assert ask(store, second) == [Verdict.GRANTED]


def test_an_abandoned_send_blocks_its_record_until_its_deadline_only(store: SqlStore) -> None:
    first = request(new_id(), state_key="k")
    store.open_leases([first])

    assert ask(store, request(new_id(), state_key="k", now=first.deadline - 1)) == [Verdict.BUSY]
    assert store.open_leases([request(new_id(), state_key="k", now=first.deadline)]) == [GRANTED]


def test_messages_without_a_record_do_not_wait_for_each_other(store: SqlStore) -> None:
    assert ask(store, request(new_id()), request(new_id())) == [Verdict.GRANTED] * 2


@pytest.mark.parametrize("outcome", [End.DELIVERED, Progress.RETRY, Progress.DEAD])
def test_versions_move_forward_with_the_intent_whatever_its_result(store: SqlStore, outcome: End | Progress) -> None:
    deliver(store, request(new_id(), state_key="k", version=5), outcome)

    older = ask(store, request(new_id(), state_key="k", version=4, now=SECOND))
    newer = ask(store, request(new_id(), state_key="k", version=6, now=SECOND))

    assert (older, newer) == ([Verdict.SUPERSEDED], [Verdict.GRANTED])


def test_an_older_version_is_superseded_while_the_newer_is_still_being_sent(store: SqlStore) -> None:
    found = ask(store, request(new_id(), state_key="k", version=2), request(new_id(), state_key="k", version=1, now=1))

    assert found == [Verdict.GRANTED, Verdict.SUPERSEDED]


def test_an_older_version_is_superseded_after_the_newer_was_abandoned(store: SqlStore) -> None:
    newer = request(new_id(), state_key="k", version=2)
    store.open_leases([newer])

    assert ask(store, request(new_id(), state_key="k", version=1, now=newer.deadline + 1)) == [Verdict.SUPERSEDED]
    assert store.open_leases([later(newer, 20)]) == [IN_DOUBT]


def test_the_same_version_with_other_content_is_a_conflict(store: SqlStore) -> None:
    first = request(new_id(), state_key="k", version=3, digest="a")
    other = request(new_id(), state_key="k", version=3, digest="b", now=1)

    assert ask(store, first, other) == [Verdict.GRANTED, Verdict.VERSION_CONFLICT]
    store.settle([sent(first)])
    assert ask(store, other) == [Verdict.VERSION_CONFLICT]


def test_the_same_version_and_content_once_delivered_is_a_duplicate(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=3))

    assert ask(store, request(new_id(), state_key="k", version=3, now=SECOND)) == [Verdict.DUPLICATE]


def test_the_same_version_and_content_not_delivered_goes_out(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=3), Progress.RETRY)
    second = request(new_id(), state_key="k", version=3, now=SECOND)

    deliver(store, second)

    assert ask(store, request(new_id(), state_key="k", version=3, now=9 * SECOND)) == [Verdict.DUPLICATE]


def test_a_late_delivery_of_an_older_version_does_not_mark_the_newer(store: SqlStore) -> None:
    older = request(new_id(), state_key="k", version=1, digest="old")
    store.open_leases([older])
    newer = request(new_id(), state_key="k", version=2, digest="new", now=older.deadline)
    store.open_leases([newer])

    store.settle([sent(older)])
    store.settle([sent(newer, Progress.RETRY)])

    again = request(new_id(), state_key="k", version=2, digest="new", now=newer.now + 2)
    assert ask(store, again) == [Verdict.GRANTED]


def test_versions_are_of_one_hop(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=5))

    assert ask(store, request(new_id(), hop="delivery.welfare", state_key="k", version=1)) == [Verdict.GRANTED]


def test_versions_are_compared_across_message_types(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=5))

    found = ask(store, request(new_id(), state_key="k", version=4, type="another.type", now=SECOND))

    assert found == [Verdict.SUPERSEDED]


def test_an_unordered_message_does_not_ask_for_versions(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=5))

    assert ask(store, request(new_id(), state_key="k", version=None, digest="x", now=SECOND)) == [Verdict.GRANTED]


def test_versions_may_be_large(store: SqlStore) -> None:
    deliver(store, request(new_id(), state_key="k", version=20_261_123_235_959_999))

    assert ask(store, request(new_id(), state_key="k", version=20_261_123_235_959_998, now=SECOND)) == [
        Verdict.SUPERSEDED
    ]


# --- the connector's circuit


def test_nothing_goes_out_through_an_open_circuit(store: SqlStore) -> None:
    store.circuit_failure("pmh", 0, True, None)
    ended = new_id()
    store.settle([settled(ended, End.DELIVERED, hop=DELIVERY)])

    assert ask(store, request(new_id()), request(ended), request(new_id(), hop="delivery.welfare")) == [
        Verdict.CIRCUIT_OPEN,
        Verdict.CIRCUIT_OPEN,
        Verdict.GRANTED,
    ]


def test_a_probing_circuit_lets_its_owner_through(store: SqlStore) -> None:
    store.circuit_failure("pmh", 0, True, None)
    store.claim_probe("pmh", "worker 1", 99 * SECOND, 199 * SECOND)

    assert ask(store, request(new_id(), owner="worker 2"), request(new_id(), owner="worker 1")) == [
        Verdict.CIRCUIT_OPEN,
        Verdict.GRANTED,
    ]


def test_a_paused_connector_sends_nothing(store: SqlStore) -> None:
    lease = request(new_id())
    store.set_paused("pmh", "maintenance")
    assert ask(store, lease) == [Verdict.CIRCUIT_OPEN]
    assert store.known(DELIVERY, [lease.message_id]) == {}

    store.set_paused("pmh", None)
    assert ask(store, lease) == [Verdict.GRANTED]


# --- clocks that disagree

HOUR = 3600 * SECOND


def ahead(lease: LeaseRequest) -> LeaseRequest:
    """The same, asked for by a process whose clock is an hour ahead."""
    return replace(lease, owner="ahead", now=lease.now + HOUR, deadline=lease.deadline + HOUR)


def test_a_lease_of_a_clock_that_was_ahead_ends_one_lease_after_it_is_seen(store: SqlStore) -> None:
    # Given: opened by a process that then died; the clock was put right
    lease = request(new_id())
    assert ask(store, ahead(lease)) == [Verdict.GRANTED]

    # When it is seen first
    assert ask(store, later(lease)) == [Verdict.BUSY]

    # Then it holds so long as a send could still be under way, and no longer
    assert ask(store, later(lease, 10)) == [Verdict.BUSY]
    assert store.open_leases([later(lease, 11)]) == [IN_DOUBT]


def test_nor_does_it_block_its_record_for_longer(store: SqlStore) -> None:
    first = request(new_id(), state_key="record", version=1)
    second = request(new_id(), state_key="record", version=2, digest="other")
    assert ask(store, ahead(first)) == [Verdict.GRANTED]

    assert ask(store, later(second)) == [Verdict.BUSY]

    assert ask(store, later(second, 11)) == [Verdict.GRANTED]


def test_the_send_of_a_clock_that_is_ahead_is_settled_all_the_same(store: SqlStore) -> None:
    lease = request(new_id())
    assert ask(store, ahead(lease)) == [Verdict.GRANTED]
    assert ask(store, later(lease)) == [Verdict.BUSY]

    store.settle([sent(ahead(lease))])

    assert ask(store, later(lease, 20)) == [Verdict.DUPLICATE]
    assert [one.leased for one in store.balances()] == [0]
