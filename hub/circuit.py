"""The circuit breaker as pure functions of state and time; `hub.store` runs them inside a transaction.

    closed ──(unavailable, or FAILURES in a row)──▶ open ──(probe_at passed, one owner claims)──▶ probing
      ▲                                              ▲                                              │
      └───────────── any success ────────────────────┴──────────── the probe failed ────────────────┘

Times are microseconds. Opening costs no message its attempts, however often it happens (promise 8).
"""

from dataclasses import replace

from hub.ports.store import Circuit

FAILURES = 5  # consecutive failures of single messages that speak against the partner as a whole
FIRST_PAUSE = 1_000_000
LONGEST_PAUSE = 60_000_000
SKEW = 5_000_000  # by which the clocks of our machines may honestly differ
SEND = 1_000_000  # what one send takes of the allowance


def success(circuit: Circuit) -> Circuit:
    """The partner answered: closed, counters at zero. A pause by a person stays."""
    return replace(circuit, state="closed", failures=0, openings=0, probe_at=0, probe_owner=None, probe_until=0)


def failure(circuit: Circuit, now: int, unavailable: bool, retry_after: float | None = None) -> Circuit:
    """One failed send. `retry_after` in seconds, the partner's own wish, is honoured up to the longest pause."""
    failures = circuit.failures + 1
    if circuit.state == "open":  # a send that began before the opening: nothing new learnt
        return circuit
    if circuit.state == "closed" and not unavailable and failures < FAILURES:
        return replace(circuit, failures=failures)
    pause = min(FIRST_PAUSE * 2**circuit.openings, LONGEST_PAUSE)
    if retry_after is not None:
        pause = min(max(pause, int(retry_after * 1_000_000)), LONGEST_PAUSE)
    return replace(
        circuit,
        state="open",
        failures=failures,
        openings=min(circuit.openings + 1, 16),
        probe_at=now + pause,
        probe_owner=None,
        probe_until=0,
    )


def claimable(circuit: Circuit, now: int, until: int) -> bool:
    """Whether somebody may probe from `now` to `until`.

    Times further ahead than any pause, or any probe, can last were written by a clock ahead of ours: not waited for.
    """
    if circuit.paused or circuit.state == "closed":
        return False
    if circuit.state == "open":
        return now >= circuit.probe_at or circuit.probe_at > now + LONGEST_PAUSE + SKEW
    return now >= circuit.probe_until or circuit.probe_until > until + SKEW


def claim_probe(circuit: Circuit, owner: str, now: int, until: int) -> Circuit | None:
    """The circuit with `owner` probing until `until`, or None when it may not probe now."""
    if not claimable(circuit, now, until):
        return None
    return replace(circuit, state="probing", probe_owner=owner, probe_until=until)


def give_back_probe(circuit: Circuit, owner: str) -> Circuit:
    """Nothing could be sent: the probe is anyone's again, at once. Unchanged when `owner` does not hold it."""
    if circuit.state != "probing" or circuit.probe_owner != owner:
        return circuit
    return replace(circuit, state="open", probe_owner=None, probe_until=0)


def refill(circuit: Circuit, now: int, rate: float) -> Circuit:
    """The circuit with what `rate` (sends a second) has allowed since; never more than one second's worth."""
    if circuit.allowance_at > now + SKEW:  # written by a clock ahead of ours, which would stop all sends till then
        return replace(circuit, allowance_at=now)
    elapsed = max(0, now - circuit.allowance_at)
    allowed = min(circuit.allowance + int(elapsed * rate), int(max(rate, 1.0) * SEND))
    return replace(circuit, allowance=allowed, allowance_at=max(now, circuit.allowance_at))


def may_send(circuit: Circuit, owner: str) -> bool:
    """Closed, or this owner holds the probe; never while a person has paused the connector."""
    if circuit.paused:
        return False
    return circuit.state == "closed" or (circuit.state == "probing" and circuit.probe_owner == owner)
