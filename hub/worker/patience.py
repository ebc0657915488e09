"""Waiting for the store or the broker to come back: nothing is sent and nothing is acked meanwhile (promise 3)."""

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog

from hub.errors import BrokerUnavailable, StoreUnavailable

T = TypeVar("T")
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 2.0
_log = structlog.get_logger("hub.worker")


class Stopping(Exception):
    """The worker is asked to stop; what is not settled stays with the broker."""


class Patience:
    """Calls again and again until it works or the worker is asked to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop

    def call(self, action: Callable[[], T]) -> T:
        """Return what `action` returns. Raises Stopping when asked to stop while waiting."""
        wait = _FIRST_WAIT
        while True:
            try:
                return action()
            except (StoreUnavailable, BrokerUnavailable) as error:
                _log.warning("waiting", code=error.code, detail=error.detail)
            wait = self.pause(wait)

    def pause(self, seconds: float) -> float:
        """Wait; returns the next, longer wait. Raises Stopping."""
        if self.stop.wait(seconds):
            raise Stopping
        return min(seconds * 2, _LONGEST_WAIT)
