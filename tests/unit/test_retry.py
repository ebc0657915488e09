"""The retry decision is a pure function; these are its rules."""

import pytest

from hub.errors import InDoubt, Late, Pending, Refused, Retryable, Unavailable
from hub.message import Message
from hub.ports.store import Progress
from hub.retry import MOST_WAITS, Decision, RetryPolicy, decide, late

POLICY = RetryPolicy(tiers=("5s", "30s", "2m"), attempts=5, polls=3)


def message(attempt: int = 1, base: int = 0, waits: int = 0, polls: int = 0) -> Message:
    return Message(
        "id", "resident.change", 1, "welfare", "id", b"", attempt=attempt, base=base, waits=waits, polls=polls
    )


@pytest.mark.parametrize(("attempt", "tier"), [(1, "5s"), (2, "30s"), (3, "2m"), (4, "2m")])
def test_each_attempt_waits_longer_until_the_longest_tier(attempt: int, tier: str) -> None:
    decision = decide(Retryable("deliver.error"), message(attempt), POLICY, "key", probing=False)

    assert (decision.outcome, decision.tier) == (Progress.RETRY, tier)


def test_the_last_attempt_ends_as_a_dead_letter() -> None:
    decision = decide(Retryable("deliver.error"), message(5), POLICY, "key", probing=False)

    assert (decision.outcome, decision.code) == (Progress.DEAD, "deliver.exhausted")


def test_a_replay_starts_a_new_round_of_attempts() -> None:
    decision = decide(Retryable("deliver.error"), message(attempt=6, base=5), POLICY, "key", probing=False)

    assert (decision.outcome, decision.tier) == (Progress.RETRY, "5s")


def test_the_partners_own_wish_chooses_a_longer_tier() -> None:
    decision = decide(Retryable("deliver.throttled", retry_after=20), message(1), POLICY, "key", probing=False)

    assert decision.tier == "30s"


def test_a_wish_beyond_the_longest_tier_gets_the_longest() -> None:
    decision = decide(Retryable("deliver.throttled", retry_after=9999), message(1), POLICY, "key", probing=False)

    assert decision.tier == "2m"


def test_permanent_errors_are_never_retried() -> None:
    decision = decide(Refused("deliver.rejected"), message(), POLICY, "key", probing=False)

    assert (decision.outcome, decision.code) == (Progress.DEAD, "deliver.rejected")


@pytest.mark.parametrize("attempt", [1, 5, 50])
def test_an_unreachable_partner_costs_no_attempt(attempt: int) -> None:
    decision = decide(Unavailable("deliver.unavailable"), message(attempt), POLICY, "none", probing=False)

    assert decision.outcome is Progress.WAIT


def test_a_message_that_alone_meets_an_unreachable_partner_is_counted_in_the_end() -> None:
    error = Unavailable("deliver.unavailable")

    assert decide(error, message(waits=MOST_WAITS - 1), POLICY, "key", probing=False).outcome is Progress.WAIT
    assert decide(error, message(waits=MOST_WAITS), POLICY, "key", probing=False).outcome is Progress.RETRY


def test_a_failed_probe_never_counts() -> None:
    decision = decide(Unavailable("deliver.unavailable"), message(5, waits=MOST_WAITS), POLICY, "key", probing=True)

    assert decision.outcome is Progress.WAIT


@pytest.mark.parametrize("idempotency", ["key", "query"])
def test_in_doubt_is_sent_again_only_where_that_is_safe(idempotency: str) -> None:
    decision = decide(InDoubt("deliver.in_doubt"), message(), POLICY, idempotency, probing=False)  # type: ignore[arg-type]

    assert (decision.outcome, decision.in_doubt) == (Progress.RETRY, True)


def test_in_doubt_without_any_idempotency_is_for_a_person() -> None:
    decision = decide(InDoubt("deliver.in_doubt"), message(), POLICY, "none", probing=False)

    assert (decision.outcome, decision.code, decision.in_doubt) == (Progress.DEAD, "deliver.in_doubt", True)


def test_in_doubt_to_the_last_attempt_stays_in_doubt_where_the_partner_can_be_asked() -> None:
    decision = decide(InDoubt("deliver.in_doubt"), message(5), POLICY, "query", probing=False)

    assert (decision.outcome, decision.code, decision.in_doubt) == (Progress.DEAD, "deliver.in_doubt", True)


@pytest.mark.parametrize("doubt", [False, True])
def test_a_send_that_came_too_late_goes_round_the_shortest_tier_and_keeps_its_doubt(doubt: bool) -> None:
    decision = late(Late("deliver.late"), POLICY, prior_in_doubt=doubt)

    assert decision == Decision(Progress.WAIT, "deliver.late", POLICY.tiers[0], in_doubt=doubt)


@pytest.mark.rule("R33")
@pytest.mark.parametrize(("polls", "tier"), [(0, "5s"), (1, "30s"), (2, "2m")])
def test_a_result_not_there_yet_is_asked_for_again_later_and_later_and_costs_no_attempt(polls: int, tier: str) -> None:
    """R33: what is in doubt is asked about, so that the partner never gets a second request."""
    decision = decide(Pending(), message(attempt=5, polls=polls), POLICY, "query", probing=False)

    assert decision == Decision(Progress.WAIT, "deliver.pending", tier, in_doubt=True)


def test_a_result_is_not_asked_for_sooner_than_the_partner_wishes() -> None:
    assert decide(Pending(retry_after=100), message(), POLICY, "query", probing=False).tier == "2m"


def test_a_result_that_never_comes_ends_as_a_dead_letter_whose_replay_asks_first() -> None:
    decision = decide(Pending(), message(polls=3), POLICY, "query", probing=False)

    assert decision == Decision(Progress.DEAD, "deliver.pending", in_doubt=True)


def test_a_partner_that_can_neither_be_asked_nor_takes_a_key_is_not_asked_again() -> None:
    assert decide(Pending(), message(), POLICY, "none", probing=False).outcome is Progress.DEAD
