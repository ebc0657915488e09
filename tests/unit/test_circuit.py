"""The circuit breaker as a function of state and time."""

from dataclasses import replace

from hub import circuit
from hub.ports.store import Circuit

SECOND = 1_000_000


def opened(at: int = 0) -> Circuit:
    return circuit.failure(Circuit(), at, unavailable=True)


def test_an_unreachable_partner_opens_at_once() -> None:
    assert opened().state == "open"


def test_failures_of_single_messages_open_only_in_a_row() -> None:
    state = Circuit()
    for _ in range(circuit.FAILURES - 1):
        state = circuit.failure(state, 0, unavailable=False)
    assert state.state == "closed"

    assert circuit.failure(state, 0, unavailable=False).state == "open"
    assert circuit.failure(circuit.success(state), 0, unavailable=False).state == "closed"


def test_a_send_that_began_before_the_opening_changes_nothing() -> None:
    state = opened(at=0)

    assert circuit.failure(state, 5 * SECOND, unavailable=True) == state


def test_only_one_probe_at_a_time_and_only_after_the_pause() -> None:
    state = opened(at=0)

    assert circuit.claim_probe(state, "a", state.probe_at - 1, 99 * SECOND) is None
    probing = circuit.claim_probe(state, "a", state.probe_at, 99 * SECOND)
    assert probing is not None
    assert circuit.may_send(probing, "a")
    assert not circuit.may_send(probing, "b")
    assert circuit.claim_probe(probing, "b", state.probe_at + 1, 99 * SECOND) is None


def test_an_abandoned_probe_can_be_taken_over() -> None:
    probing = circuit.claim_probe(opened(), "a", 10 * SECOND, 20 * SECOND)
    assert probing is not None

    assert circuit.claim_probe(probing, "b", 20 * SECOND, 30 * SECOND) is not None


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    state, now, pauses = opened(), 0, []
    for _ in range(9):
        pauses.append(state.probe_at - now)
        now = state.probe_at
        probing = circuit.claim_probe(state, "a", now, now + SECOND)
        assert probing is not None
        state = circuit.failure(probing, now, unavailable=True)

    assert pauses == [min(circuit.FIRST_PAUSE * 2**n, circuit.LONGEST_PAUSE) for n in range(9)]


def test_success_closes_and_forgets() -> None:
    assert circuit.success(opened()) == Circuit()


def test_the_partners_wish_lengthens_the_pause_within_bounds() -> None:
    assert circuit.failure(Circuit(), 0, True, retry_after=7).probe_at == 7 * SECOND
    assert circuit.failure(Circuit(), 0, True, retry_after=86400).probe_at == circuit.LONGEST_PAUSE


def test_a_pause_by_a_person_outlives_success_and_stops_probes() -> None:
    paused = replace(opened(), paused=True, paused_reason="maintenance")

    assert not circuit.may_send(circuit.success(paused), "a")
    assert circuit.claim_probe(paused, "a", 10**12, 10**13) is None


def test_a_probe_that_found_nothing_to_send_is_anyones_again() -> None:
    opened = circuit.failure(Circuit(), 0, unavailable=True)
    claimed = circuit.claim_probe(opened, "a", opened.probe_at, opened.probe_at + 10)
    assert claimed is not None

    assert circuit.give_back_probe(claimed, "b") == claimed
    given_back = circuit.give_back_probe(claimed, "a")

    assert circuit.claim_probe(given_back, "b", opened.probe_at, opened.probe_at + 10) is not None


# --- clocks that disagree

HOUR = 3600 * SECOND


def test_a_pause_that_a_clock_ahead_of_ours_wrote_is_not_waited_for() -> None:
    state = opened(at=HOUR)

    assert circuit.claim_probe(state, "a", 0, 10 * SECOND) is not None


def test_nor_is_a_probe_that_it_abandoned() -> None:
    probing = circuit.claim_probe(opened(), "a", HOUR, HOUR + 10 * SECOND)
    assert probing is not None

    assert circuit.claim_probe(probing, "b", 0, 10 * SECOND) is not None


def test_clocks_that_differ_a_little_take_no_probe_from_each_other() -> None:
    state = opened()
    probing = circuit.claim_probe(state, "a", state.probe_at + 2 * SECOND, state.probe_at + 12 * SECOND)
    assert probing is not None

    assert circuit.claim_probe(probing, "b", state.probe_at, state.probe_at + 10 * SECOND) is None


def test_a_rate_refills_from_now_on_when_a_clock_ahead_of_ours_wrote_the_allowance() -> None:
    state = circuit.refill(Circuit(), HOUR, 1.0)
    empty = replace(state, allowance=0)

    again = circuit.refill(circuit.refill(empty, 0, 1.0), 2 * SECOND, 1.0)

    assert again.allowance >= circuit.SEND
