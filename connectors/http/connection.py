"""Connections that end in time: an answer has one deadline for all of it, so dripping bytes win the partner nothing.

And a connection that could not be made says so by itself: what fails later may have reached the partner.
"""

import http.client
import io
import socket
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class NotConnectedError(HTTPError):
    """The connection was made and failed before a request could be sent over it, as when TLS is refused."""


class BoundedConnection(HTTPConnection):
    """Its time-out (seconds) for reading is one for the whole answer, from the moment the request is out."""

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NotConnectedError(type(error).__name__) from None

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        assert isinstance(self.timeout, int | float)  # the pool has just set it
        deadline = time.monotonic() + self.timeout
        self.response_class = partial(_Answer, deadline)  # type: ignore[assignment]  # called like the class it wraps
        return super().getresponse()


class BoundedTlsConnection(BoundedConnection, HTTPSConnection):
    """The same over TLS."""


class _Answer(http.client.HTTPResponse):
    def __init__(self, deadline: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._input = _Input(sock, deadline)
        self.fp = io.BufferedReader(self._input)

    def begin(self) -> None:
        # http.client takes a head cut short for a whole one: "200 OK" and nothing more would be a success
        self._input.may_end = False
        super().begin()
        self._input.may_end = True


class _Input(io.RawIOBase):
    """What comes in over a socket until the deadline. Raises TimeoutError after it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.may_end = True
        self._socket, self._deadline = sock, deadline
        self._bytes = sock.makefile("rb", buffering=0)  # keeps the socket open until this one is closed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete in time")
        self._socket.settimeout(left)
        count = self._bytes.readinto(buffer)
        if count == 0 and not self.may_end:
            raise ConnectionResetError("the connection ended within the head of the answer")
        return count

    def close(self) -> None:
        self._bytes.close()
        super().close()
