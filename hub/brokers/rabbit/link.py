"""A link: one connection on a thread of its own that comes back by itself after a loss."""

import itertools
import random
import threading
from collections.abc import Callable

import pika
import structlog
from pika.credentials import ExternalCredentials
from pika.exceptions import ProbableAuthenticationError

from hub.brokers.rabbit.connection import Connection
from hub.errors import BrokerUnavailable
from hub.hosts import each_host
from hub.ports.tls import Tls

CONNECT_SECONDS = 30.0
HEARTBEAT_SECONDS = 10  # a host that is gone without a word is noticed after two; the broker would propose 60
SET_UP_SECONDS = 10.0  # for one host: the next one may be well
BLOCKED_SECONDS = 300.0  # a connection blocked by a resource alarm this long is given up and made again
CLOSE_SECONDS = 5.0  # a blocked broker reads nothing, not even the farewell
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_log = structlog.get_logger("hub.broker")


class Link:
    """One connection, to one host of the URL after the other.

    Everything pika is touched on its thread only, by `call`.

    `on_up(connection)` and `on_down()` run on that thread, each time the connection is made or lost. `state` guards
    and announces what others wait for: being up, being blocked, and what the owner of the link adds.
    """

    def __init__(
        self,
        url: str,
        role: str,
        on_up: Callable[[Connection], None],
        on_down: Callable[[], None],
        tls: Tls | None = None,
    ) -> None:
        hosts = [_parameters(each, role, tls or Tls()) for each in each_host(url)]
        first = random.randrange(len(hosts))  # noqa: S311 - spreading, not secrecy
        self._hosts = itertools.cycle(hosts[first:] + hosts[:first])
        self._role, self._on_up, self._on_down = role, on_up, on_down
        self._connection: Connection | None = None  # the open one
        self.state = threading.Condition()
        self._closing = threading.Event()
        self.blocked = False
        self.server_version = ""
        self._last_error = "not tried yet"
        self._rejected = False
        self._thread = threading.Thread(target=self._run, name=f"rabbit-{role}", daemon=True)

    def start(self) -> None:
        """Connect, and go on connecting. Apart from the constructor: the callbacks need their owner complete."""
        self._thread.start()

    @property
    def up(self) -> bool:
        return self._connection is not None

    def wait_up(self, timeout: float = CONNECT_SECONDS) -> None:
        """Return when connected. Raises BrokerUnavailable, at once where the broker refuses the login."""
        with self.state:
            connected = self.state.wait_for(lambda: self._connection is not None or self._rejected, timeout)
            if self._connection is None and self._rejected:
                fix = "run `renkei topology apply`, or correct amqp_url"
                raise BrokerUnavailable(f"the broker refuses the user or the password: {fix}")
            if not connected:
                raise BrokerUnavailable(f"no connection within {timeout:g} s, last: {self._last_error}")

    def call(self, action: Callable[[Connection], None]) -> bool:
        """Run `action` soon on the link's thread with the open connection; False when there is none.

        Where the connection is lost first, the action never runs, and `on_down` does.
        """
        connection = self._connection
        if connection is None:
            return False
        connection.ioloop.add_callback_threadsafe(lambda: action(connection) if connection.is_open else None)
        return True

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._closing.set()
        self.call(lambda connection: connection.close())
        self._thread.join(CLOSE_SECONDS)
        connection = self._connection
        if self._thread.is_alive() and connection is not None:
            connection.ioloop.add_callback_threadsafe(connection.ioloop.stop)
        self._thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            connection = Connection(
                next(self._hosts),
                on_open_callback=self._opened,
                on_open_error_callback=self._failed,
                on_close_callback=self._failed,
            )
            self._serve(connection)
            was_up = self._connection is connection
            with self.state:
                self._connection = None
                self.blocked = False
                self.state.notify_all()
            if was_up:
                self._on_down()
                pause = _FIRST_PAUSE
            connection.ioloop.close()
            # many processes lose the same broker at once: they must not come back at once
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not secrecy
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _serve(self, connection: Connection) -> None:
        """Return when the connection is lost, or was not made."""
        try:
            connection.ioloop.start()
        except Exception as error:
            if self._connection is connection:
                raise  # a bug of ours: the process ends
            # pika lets out what it did not expect while it connects, as ValueError for a socket that was reset in
            # the very moment it was connected. This thread must outlive that: nobody else would connect again.
            self._last_error = type(error).__name__
            _log.warning("connection_lost", role=self._role, error=self._last_error)

    def _opened(self, connection: Connection) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._blocked(False))
        self.server_version = str((connection.server_properties or {}).get("version", ""))
        with self.state:
            self._connection, self._rejected = connection, False
            self.state.notify_all()
        self._on_up(connection)
        if self._closing.is_set():
            connection.close()

    def _failed(self, connection: Connection, reason: BaseException) -> None:
        with self.state:
            self._last_error = type(reason).__name__
            self._rejected = isinstance(reason, ProbableAuthenticationError)
            self.state.notify_all()
        if not self._closing.is_set():
            _log.warning("connection_lost", role=self._role, error=self._last_error)
        connection.ioloop.stop()

    def _blocked(self, blocked: bool) -> None:
        with self.state:
            self.blocked = blocked
            self.state.notify_all()
        _log.warning("connection_blocked" if blocked else "connection_unblocked", role=self._role)


def _parameters(url: str, role: str, tls: Tls) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    if parameters.ssl_options is not None:
        parameters.ssl_options = pika.SSLOptions(tls.context(), parameters.host)
        if tls.login:
            parameters.credentials = ExternalCredentials()
    parameters.blocked_connection_timeout = BLOCKED_SECONDS
    parameters.stack_timeout = SET_UP_SECONDS
    parameters.client_properties = {"connection_name": f"renkei-{role}"}
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT_SECONDS
    return parameters
