"""Waiting until nothing of a connector is under way any more."""

import time

from hub.app import App
from hub.clock import now_us
from hub.topology import delivery_queue

_POLL = 0.5
# So long all looks have to agree: workers look at the store every half second, and between two sends there is a moment.
QUIET_SECONDS = 3.0


def drained(app: App, connector: str, seconds: float) -> str:
    """Wait; returns what is left after `seconds`, "" when nothing is. Raises StoreUnavailable.

    What the broker has handed out and no worker has begun is not under way: it waits, as everything behind it.
    """
    deadline = time.monotonic() + seconds
    quiet_since: float | None = None
    while True:
        left = _left(app, connector)
        now = time.monotonic()
        quiet_since = None if left else now if quiet_since is None else quiet_since
        if quiet_since is not None and now - quiet_since >= QUIET_SECONDS:
            return ""
        if now >= deadline:
            return left or "and was not quiet for long enough to be sure"
        time.sleep(_POLL)


def _left(app: App, connector: str) -> str:
    sends = app.store.in_flight(delivery_queue(connector), now_us())
    if sends:
        return f"{sends} sends are under way"
    if app.store.circuit(connector).state != "closed":
        return "and what is in hand cannot be sent: its circuit is open"
    return ""
