"""The link comes back whatever the library does while it connects."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from hub.brokers.rabbit import link as module
from hub.brokers.rabbit.link import Link
from hub.errors import BrokerUnavailable

LONG = 10.0


class Loop:
    """Of the connection that is up: runs until it is stopped, by the only thing that is called."""

    def __init__(self, connection: FlakyConnection) -> None:
        self._connection = connection

    def start(self) -> None:
        self._connection.run()

    def add_callback_threadsafe(self, callback: Any) -> None:
        """Nobody listens."""

    def close(self) -> None:
        """It has no resources."""


class FlakyConnection:
    """pika's, whose socket is reset in the moment it is connected; the second one is made."""

    tries = 0
    server_properties: dict[str, object] = {}  # noqa: RUF012 - as a class, it is made anew for each test
    is_open = True

    def __init__(self, _parameters: object, on_open_callback: Any, **_callbacks: Any) -> None:
        self.ioloop = Loop(self)
        self._opened = on_open_callback

    def run(self) -> None:
        type(self).tries += 1
        if self.tries == 1:
            raise ValueError("Expected connected socket, but getpeername() failed")
        self._opened(self)

    def add_on_connection_blocked_callback(self, _callback: Any) -> None: ...

    def add_on_connection_unblocked_callback(self, _callback: Any) -> None: ...

    def close(self) -> None: ...


def test_a_socket_reset_in_the_moment_it_connects_does_not_end_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(module, "Connection", FlakyConnection)
    monkeypatch.setattr(FlakyConnection, "tries", 0)
    # a logger keeps the stream it was first used with, here one that is closed after this test
    monkeypatch.setattr(module, "_log", structlog.wrap_logger(structlog.ReturnLogger()))
    ups: list[object] = []
    link = Link("amqp://nowhere", "test", ups.append, lambda: None)

    # When
    link.start()
    with link.state:
        link.state.wait_for(lambda: bool(ups), LONG)
    link._closing.set()
    link._thread.join(LONG)

    # Then
    assert ups, "the first failure was the last try"
    with pytest.raises(BrokerUnavailable):
        link.wait_up(0)
