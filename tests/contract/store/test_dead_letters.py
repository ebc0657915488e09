"""Dead letters: open, replaying, replayed or discarded, and who did it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.plans import NewPlan
from hub.ports.store import DeadFilter, DeadLetter, End, Known, Progress, SealedBody
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, INTAKE, dead, new_id, settled


def only(store: SqlStore, message_id: str, state: str | None = None) -> DeadLetter:
    [found] = store.dead_letters(DeadFilter(message_id=message_id, state=state))
    return found


def buried(store: SqlStore, code: str = "deliver.rejected") -> DeadLetter:
    message = new_id()
    store.settle([dead(message, code)])
    return only(store, message)


def test_a_dead_letter_says_what_failed_where_and_why(store: SqlStore) -> None:
    message = new_id()

    store.settle([dead(message, attempt=3, correlation_id="flow", settled_at=77)])

    letter = only(store, message)
    assert letter == DeadLetter(
        id=letter.id,
        message_id=message,
        correlation_id="flow",
        hop=DELIVERY,
        type="welfare.eligibility",
        source="welfare",
        code="deliver.rejected",
        stage="deliver",
        explanation="the partner answered 422",
        attempt=3,
        queue=DELIVERY,
        state="open",
        at=77,
    )
    assert store.dead_letter(letter.id) == letter
    assert store.known(DELIVERY, [message])[message].end is None


def test_its_envelope_and_sealed_body_come_back_byte_for_byte(store: SqlStore) -> None:
    letter = buried(store)

    assert store.dead_body(letter.id) == (
        '{"type": "eligibility.registration"}',
        SealedBody("key 1", b"\x00sealed\xff"),
    )


def test_one_that_does_not_exist(store: SqlStore) -> None:
    assert store.dead_letter(0) is None
    with pytest.raises(Refused, match=r"letter\.unknown"):
        store.dead_body(0)
    assert not store.claim_replay(0, "a", "b")
    assert not store.discard(0, "a", "b")


def test_one_letter_per_attempt_however_often_it_is_settled(store: SqlStore) -> None:
    message = new_id()

    store.settle([dead(message), dead(message)])
    store.settle([dead(message, "hub.internal", settled_at=99)])
    store.settle([dead(message, attempt=2)])

    assert [(one.attempt, one.code) for one in store.dead_letters(DeadFilter(message_id=message))] == [
        (1, "deliver.rejected"),
        (2, "deliver.rejected"),
    ]


def test_a_redelivered_message_does_not_reopen_what_a_person_closed(store: SqlStore) -> None:
    letter = buried(store)
    store.discard(letter.id, "a", "b")

    store.settle([dead(letter.message_id)])

    assert only(store, letter.message_id).state == "discarded"


# --- listing


def test_pages_follow_each_other_by_id(store: SqlStore) -> None:
    letters = [buried(store) for _ in range(5)]

    first = store.dead_letters(DeadFilter(), limit=2)
    second = store.dead_letters(DeadFilter(), after_id=first[-1].id, limit=2)
    third = store.dead_letters(DeadFilter(), after_id=second[-1].id, limit=2)

    assert [*first, *second, *third] == letters
    assert store.dead_letters(DeadFilter(), after_id=third[-1].id) == []


@pytest.mark.parametrize(
    "criterion",
    [
        DeadFilter(code="hub.internal"),
        DeadFilter(source="tax"),
        DeadFilter(hop=INTAKE),
        DeadFilter(type="tax.change"),
        DeadFilter(since=100, until=101),
        DeadFilter(code="hub.internal", source="tax", since=50),
    ],
)
def test_criteria_are_all_met(store: SqlStore, criterion: DeadFilter) -> None:
    wanted = new_id()
    store.settle(
        [
            dead(new_id(), settled_at=99),
            dead(wanted, "hub.internal", source="tax", hop=INTAKE, type="tax.change", settled_at=100),
            dead(new_id(), settled_at=101),
            dead(new_id(), source="another", settled_at=99),
        ]
    )

    assert [one.message_id for one in store.dead_letters(criterion)] == [wanted]


def test_by_ids_and_by_state(store: SqlStore) -> None:
    first, second, third = (buried(store) for _ in range(3))
    store.discard(second.id, "a", "b")

    assert [one.id for one in store.dead_letters(DeadFilter())] == [first.id, third.id]
    assert [one.id for one in store.dead_letters(DeadFilter(state="discarded"))] == [second.id]
    assert [one.id for one in store.dead_letters(DeadFilter(ids=(second.id, third.id)))] == [third.id]
    assert [one.id for one in store.dead_letters(DeadFilter(ids=(second.id, third.id), state=None))] == [
        second.id,
        third.id,
    ]
    assert store.dead_letters(DeadFilter(ids=())) == []


def test_counts_are_by_hop_code_and_state_with_the_oldest(store: SqlStore) -> None:
    store.settle([dead(new_id(), settled_at=at) for at in (50, 40, 60)])
    store.settle([dead(new_id(), "hub.internal", hop=INTAKE)])
    [oldest, *_] = store.dead_letters(DeadFilter(hop=DELIVERY, until=41))
    store.discard(oldest.id, "a", "b")

    assert store.dead_counts() == [
        (DELIVERY, "deliver.rejected", "discarded", 1, 40),
        (DELIVERY, "deliver.rejected", "open", 2, 50),
        (INTAKE, "hub.internal", "open", 1, 30),
    ]


# --- replay


def test_a_replay_is_claimed_published_and_marked(store: SqlStore) -> None:
    letter, before = buried(store), now_us()

    assert store.claim_replay(letter.id, "support 1", "healed")
    claimed = only(store, letter.message_id)
    assert (claimed.state, claimed.closed_by, claimed.closed_reason) == ("replaying", "support 1", "healed")

    store.mark_replayed(letter.id)
    replayed = only(store, letter.message_id)
    assert replayed == replace(claimed, state="replayed", closed_at=replayed.closed_at)
    assert replayed.closed_at is not None
    assert before <= replayed.closed_at <= now_us()
    assert store.known(DELIVERY, [letter.message_id])[letter.message_id].end is None


def test_after_a_crash_the_replay_can_be_claimed_again(store: SqlStore) -> None:
    letter = buried(store)
    store.claim_replay(letter.id, "support 1", "first")

    assert store.claim_replay(letter.id, "support 2", "second")
    assert only(store, letter.message_id).closed_by == "support 2"


def test_what_is_replayed_cannot_be_claimed_or_discarded(store: SqlStore) -> None:
    letter = buried(store)
    store.claim_replay(letter.id, "a", "b")
    assert not store.discard(letter.id, "a", "b")
    store.mark_replayed(letter.id)

    assert not store.claim_replay(letter.id, "c", "d")
    assert not store.discard(letter.id, "c", "d")
    assert only(store, letter.message_id).closed_by == "a"


def test_only_what_is_being_replayed_is_marked(store: SqlStore) -> None:
    letter = buried(store)

    store.mark_replayed(letter.id)

    assert only(store, letter.message_id).state == "open"


def test_a_replayed_message_that_dies_again_is_a_letter_of_its_own(store: SqlStore) -> None:
    letter = buried(store)
    store.claim_replay(letter.id, "a", "b")
    store.mark_replayed(letter.id)

    store.settle([dead(letter.message_id, attempt=2)])

    assert [one.state for one in store.dead_letters(DeadFilter(message_id=letter.message_id, state=None))] == [
        "replayed",
        "open",
    ]


# --- discard


def test_a_discarded_message_has_its_end_and_an_entry(store: SqlStore) -> None:
    letter, before = buried(store), now_us()

    assert store.discard(letter.id, "support 1", "sent by hand")

    closed = only(store, letter.message_id)
    assert (closed.state, closed.closed_by, closed.closed_reason) == ("discarded", "support 1", "sent by hand")
    assert closed.closed_at is not None
    assert before <= closed.closed_at <= now_us()
    assert store.known(DELIVERY, [letter.message_id]) == {letter.message_id: Known("digest", End.DISCARDED)}
    assert [(e.outcome, e.code) for e in store.trace(letter.message_id)] == [
        (Progress.DEAD.value, letter.code),
        (End.DISCARDED.value, letter.code),
    ]
    assert [(b.accepted, b.ends, b.dead) for b in store.balances()] == [(1, {"discarded": 1}, 0)]


def test_it_is_discarded_once(store: SqlStore) -> None:
    letter = buried(store)
    store.discard(letter.id, "support 1", "first")

    assert not store.discard(letter.id, "support 2", "second")
    assert not store.claim_replay(letter.id, "support 2", "second")
    assert only(store, letter.message_id).closed_by == "support 1"


def test_discarding_does_not_replace_an_end(store: SqlStore) -> None:
    letter = buried(store)
    store.settle([settled(letter.message_id, End.DELIVERED, hop=DELIVERY)])

    assert store.discard(letter.id, "a", "b")

    assert store.known(DELIVERY, [letter.message_id])[letter.message_id].end is End.DELIVERED
    assert [(b.accepted, b.ends) for b in store.balances()] == [(1, {"delivered": 1})]


def test_a_filter_may_be_confined_to_hops_and_types(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    store.settle([dead(new_id(), hop=hop, type=type_) for hop in ("delivery.a", "delivery.b") for type_ in ("x", "y")])

    def found(**limits: tuple[str, ...]) -> set[tuple[str, str]]:
        return {(one.hop, one.type) for one in store.dead_letters(DeadFilter(**limits))}  # type: ignore[arg-type]

    assert found(hops=("delivery.a", "intake.a")) == {("delivery.a", "x"), ("delivery.a", "y")}
    assert found(types=("y",)) == {("delivery.a", "y"), ("delivery.b", "y")}
    assert found(hops=("delivery.b",), types=("x",)) == {("delivery.b", "x")}
    assert found(types=()) == set()
    plan = store.create_plan(NewPlan(DeadFilter(hops=("delivery.a",), types=("x",)), "a", "b"))
    assert [(one.hop, one.type) for one in store.plan_items(plan.id)] == [("delivery.a", "x")]
    store.settle([dead(new_id(), hop="delivery.a", type="x"), dead(new_id(), hop="delivery.b", type="x")])
    assert store.tally(plan).arrivals == 1
