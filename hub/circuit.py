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


def claim_probe(circuit: Circuit, owner: str, now: int, until: int) -> Circuit | None:
    """The circuit with `owner` probing until `until`, or None when it may not probe now."""
    if circuit.paused or circuit.state == "closed":
        return None
    waiting = circuit.state == "open" and now >= circuit.probe_at
    abandoned = circuit.state == "probing" and now >= circuit.probe_until
    if not (waiting or abandoned):
        return None
    return replace(circuit, state="probing", probe_owner=owner, probe_until=until)


def give_back_probe(circuit: Circuit, owner: str) -> Circuit:
    """Nothing could be sent: the probe is anyone's again, at once. Unchanged when `owner` does not hold it."""
    if circuit.state != "probing" or circuit.probe_owner != owner:
        return circuit
    return replace(circuit, state="open", probe_owner=None, probe_until=0)


def refill(circuit: Circuit, now: int, rate: float) -> Circuit:
    """The circuit with what `rate` (sends a second) has allowed since; never more than one second's worth."""
    elapsed = max(0, now - circuit.allowance_at)
    allowed = min(circuit.allowance + int(elapsed * rate), int(max(rate, 1.0) * SEND))
    return replace(circuit, allowance=allowed, allowance_at=max(now, circuit.allowance_at))


def may_send(circuit: Circuit, owner: str) -> bool:
    """Closed, or this owner holds the probe; never while a person has paused the connector."""
    if circuit.paused:
        return False
    return circuit.state == "closed" or (circuit.state == "probing" and circuit.probe_owner == owner)
