"""A link: one connection on a thread of its own that comes back by itself after a loss."""

import random
import threading
from collections.abc import Callable

import pika
import structlog
from pika.adapters.select_connection import SelectConnection

from hub.errors import BrokerUnavailable

CONNECT_SECONDS = 30.0
BLOCKED_SECONDS = 300.0  # a connection blocked by a resource alarm this long is given up and made again
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_log = structlog.get_logger("hub.broker")


class Link:
    """One connection. Everything pika is touched on its thread only, by `call`.

    `on_up(connection)` and `on_down()` run on that thread, each time the connection is made or lost.
    """

    def __init__(
        self, url: str, role: str, on_up: Callable[[SelectConnection], None], on_down: Callable[[], None]
    ) -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.blocked_connection_timeout = BLOCKED_SECONDS
        self._parameters.client_properties = {"connection_name": f"renkei-{role}"}
        self._role, self._on_up, self._on_down = role, on_up, on_down
        self._connection: SelectConnection | None = None  # the open one
        self._state = threading.Condition()
        self._closing = threading.Event()
        self.blocked = False
        self.server_version = ""
        self._thread = threading.Thread(target=self._run, name=f"rabbit-{role}", daemon=True)
        self._thread.start()

    @property
    def up(self) -> bool:
        return self._connection is not None

    def wait_up(self, timeout: float = CONNECT_SECONDS) -> None:
        """Return when connected. Raises BrokerUnavailable."""
        with self._state:
            if not self._state.wait_for(lambda: self._connection is not None, timeout):
                raise BrokerUnavailable(f"no connection within {timeout:g} s")

    def call(self, action: Callable[[SelectConnection], None]) -> bool:
        """Run `action` soon on the link's thread with the open connection; False when there is none."""
        connection = self._connection
        if connection is None:
            return False
        connection.ioloop.add_callback_threadsafe(lambda: action(connection))
        return True

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._closing.set()
        self.call(lambda connection: connection.close() if connection.is_open else None)
        self._thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            connection = SelectConnection(
                self._parameters,
                on_open_callback=self._opened,
                on_open_error_callback=self._failed,
                on_close_callback=self._failed,
            )
            connection.ioloop.start()
            was_up = self._connection is connection
            with self._state:
                self._connection = None
                self.blocked = False
            if was_up:
                self._on_down()
                pause = _FIRST_PAUSE
            connection.ioloop.close()
            # many processes lose the same broker at once: they must not come back at once
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not secrecy
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _opened(self, connection: SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self.server_version = str((connection.server_properties or {}).get("version", ""))
        with self._state:
            self._connection = connection
            self._state.notify_all()
        self._on_up(connection)
        if self._closing.is_set():
            connection.close()

    def _failed(self, connection: SelectConnection, reason: BaseException) -> None:
        if not self._closing.is_set():
            _log.warning("connection_lost", role=self._role, error=type(reason).__name__)
        connection.ioloop.stop()

    def _on_blocked(self, *_: object) -> None:
        self.blocked = True
        _log.warning("connection_blocked", role=self._role)

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = False
        _log.info("connection_unblocked", role=self._role)
