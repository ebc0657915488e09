"""Replays what the faults have killed, by commands of their own, which may be struck as well."""

import time
from collections.abc import Mapping
from contextlib import suppress

from hub.clock import now_us
from hub.errors import BrokerUnavailable, Refused, StoreUnavailable
from hub.ports.accounts import Actor, Right
from hub.ports.requests import RequestState
from hub.sandbox.faults.faulty_hub import FaultyHub
from hub.sandbox.process import Process, wait_until
from hub.support import approvals

PERIOD = 6.0
COMMAND_SECONDS = 90.0
MOST = 100  # dead letters per command
REASON = "the harness replays what its faults have killed"
SECOND = Actor("the harness' second person", frozenset({Right.APPROVE}))


class Replayer:
    """`refused`: what messages are to stay dead of, by id."""

    def __init__(self, hub: FaultyHub, refused: Mapping[str, str]) -> None:
        self._hub, self._refused = hub, refused
        self._running: Process | None = None
        self._next = time.monotonic() + PERIOD

    def tick(self) -> None:
        """Replay now and then."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD
            self.replay()

    def replay(self) -> bool:
        """Begin to replay all that is dead; False when there is nothing, or the last one is still at it."""
        if self._busy():
            return False
        self._agree()
        letters = self._letters()
        if letters:
            self._running = self._hub.command("dead", "replay", *letters, "--reason", REASON, "--yes")
        return bool(letters)

    def finish(self) -> None:
        """Wait for the command that runs."""
        wait_until(lambda: not self._busy(), "the replay has ended", COMMAND_SECONDS)

    def left(self) -> bool:
        """Whether anything is dead that should not be."""
        return bool(self._letters())

    def _agree(self) -> None:
        """What takes a second person gets one: somebody protected may be among the dead."""
        app = self._hub.app
        with suppress(StoreUnavailable, BrokerUnavailable):
            for request in app.store.requests([RequestState.OPEN], now_us()):
                with suppress(Refused):  # it has changed since: the next command asks anew
                    approvals.approve(app.bench, request.id, SECOND, REASON)

    def _busy(self) -> bool:
        return self._running is not None and self._running.is_alive()

    def _letters(self) -> list[str]:
        try:
            return [str(each.id) for each in self._hub.letters_to_replay(self._refused)[:MOST]]
        except StoreUnavailable:
            return []
