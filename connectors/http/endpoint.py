"""One server over HTTP: requests to it and to no other, in bounded time and size. Failures are named in `client`.

This is the only place of the connectors that opens a connection over HTTP, so what it does not do, none of them does:
follow a redirect, use a proxy, go to another host than the one it was made for (R29).
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from connectors.http.connection import BoundedConnection, BoundedTlsConnection, NotConnectedError
from connectors.http.status import failure
from hub.errors import InDoubt, Refused, Unavailable
from hub.ports.connector import ConnectorSettings

_CHUNK = 65_536
_QUICK_TRIES = 3
_QUICK_WAIT = 0.1
_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, NotConnectedError)
Witness = Callable[[int | None, float], None]


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx answer, or another that was asked for, read whole."""

    status: int
    body: bytes = field(repr=False)


class Endpoint:
    """The server of `url`, with the settings' timeouts and TLS. Thread-safe.

    A request ends within 3 × `connect_timeout` + `read_timeout`, the slowest partner included: connecting is tried up
    to three times where it is refused at once, and the whole answer has `read_timeout`. Left to the system is how long
    a host name takes to resolve.
    """

    def __init__(self, url: str, settings: ConnectorSettings, most: int) -> None:
        """`most`: bytes of an answer. Raises ConfigError `config.tls_file`."""
        parts = urlsplit(url)
        self._base = parts.path.rstrip("/")
        self._connect_timeout, self._read_timeout, self._most = settings.connect_timeout, settings.read_timeout, most
        host, size = parts.hostname or "", settings.max_in_flight
        if parts.scheme == "https":
            self._pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
                host, parts.port, maxsize=size, block=False, retries=False, ssl_context=settings.tls.context()
            )
            self._pool.ConnectionCls = BoundedTlsConnection
        else:
            self._pool = urllib3.HTTPConnectionPool(host, parts.port, maxsize=size, block=False, retries=False)
            self._pool.ConnectionCls = BoundedConnection
        # after the first try, which goes without: nearly always it is the only one
        self._again = Retrying(
            stop=stop_after_attempt(_QUICK_TRIES - 1),
            wait=wait_fixed(_QUICK_WAIT),
            retry=retry_if_exception_type(NewConnectionError),
            reraise=True,
        )

    def request(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        answered: Witness,
        heard: Collection[int] = (),
    ) -> Response:
        """Raises as the module `client` says, but for the statuses in `heard`: those are answers to be read."""
        target = self._base + path
        if target and not target.startswith("/"):
            raise Refused("deliver.rejected", "the path leads away from the partner's own server")
        began = time.monotonic()
        deadline = began + 3 * self._connect_timeout + self._read_timeout
        try:
            try:
                answer = self._open(method, target, content, headers, deadline)
            except NewConnectionError:
                time.sleep(_QUICK_WAIT)
                answer = self._again(self._open, method, target, content, headers, deadline)
        except HTTPError as error:
            answered(None, time.monotonic() - began)
            if isinstance(error, _NOT_CONNECTED):
                raise Unavailable("deliver.unavailable", type(error).__name__) from None
            raise InDoubt("deliver.in_doubt", f"no answer: {type(error).__name__}") from None
        answered(answer.status, time.monotonic() - began)
        try:
            if not 200 <= answer.status < 300 and answer.status not in heard:
                raise failure(method, answer.status, answer.headers.get("Retry-After"))
            return Response(answer.status, self._read(answer))
        finally:
            # An answer read to the end has given its connection back by now. Any other takes its connection with it:
            # what is left unread would be taken for the answer to the next request.
            answer.close()

    def close(self) -> None:
        self._pool.close()

    def _open(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], deadline: float
    ) -> urllib3.BaseHTTPResponse:
        """One try, up to the head of the answer."""
        left = deadline - time.monotonic()
        if left <= 0:  # looking the name up took all the time there was
            raise ConnectTimeoutError("no time left to connect")
        timeout = urllib3.Timeout(connect=self._connect_timeout, read=self._read_timeout, total=left)
        return self._pool.urlopen(method, url, content, headers, timeout=timeout, redirect=False, preload_content=False)

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        body = bytearray()
        try:
            # not decoded: no compression is asked for, and what is counted must be what comes in
            while chunk := answer.read1(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > self._most:
                    raise Refused("reply.invalid", f"the answer is larger than {self._most} bytes")
        except HTTPError as error:
            raise InDoubt("deliver.in_doubt", f"broken answer: {type(error).__name__}") from None
        return bytes(body)
