"""One partner's HTTP endpoint. Every way a request can fail becomes one coded error; no body ever enters an error.

cannot connect, 503            → Unavailable  deliver.unavailable  nothing was done
429                            → Retryable    deliver.throttled    nothing was done
408, 425                       → Retryable    deliver.error        nothing was done
no answer, broken answer, 5xx  → InDoubt      deliver.in_doubt     it may have been done
4xx, 501, 505, redirect        → Refused      deliver.rejected     it will never be done
answer larger than the limit   → Refused      reply.invalid

A question (GET) changes nothing: all it meets but 404 is that it could not be asked.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from connectors.http.connection import BoundedConnection, BoundedTlsConnection, NotConnectedError
from hub.errors import InDoubt, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import ConnectorSettings, SendContext

_CHUNK = 65_536
_QUICK_TRIES = 3
_QUICK_WAIT = 0.1
_LONGEST_WAIT = 86_400.0  # seconds of Retry-After that are believed
_NOT_TAKEN = frozenset({408, 425})
_NEVER = frozenset({501, 505})
_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, NotConnectedError)


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx answer, or another that was asked for, read whole."""

    status: int
    body: bytes = field(repr=False)


class HttpClient:
    """Requests to the host of `settings.url` only, with the credential: no redirects, no proxies. Thread-safe.

    A request ends within 3 × `connect_timeout` + `read_timeout`, the slowest partner included: connecting is tried up
    to three times where it is refused at once, and the whole answer has `read_timeout`. Left to the system is how long
    a host name takes to resolve.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        parts = urlsplit(settings.url)
        self._base = parts.path.rstrip("/")
        self._connect_timeout, self._read_timeout = settings.connect_timeout, settings.read_timeout
        self._most = settings.max_reply_bytes
        self._authorization = {"Authorization": f"Bearer {settings.credential}"} if settings.credential else {}
        pool = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
        self._pool = pool(parts.hostname or "", parts.port, maxsize=settings.max_in_flight, block=False, retries=False)
        self._pool.ConnectionCls = BoundedTlsConnection if parts.scheme == "https" else BoundedConnection
        self._quickly = Retrying(
            stop=stop_after_attempt(_QUICK_TRIES),
            wait=wait_fixed(_QUICK_WAIT),
            retry=retry_if_exception_type(NewConnectionError),
            reraise=True,
        )

    def post(
        self,
        path: str,
        content: bytes,
        content_type: str,
        context: SendContext,
        headers: Mapping[str, str] | None = None,
        heard: Collection[int] = (),
    ) -> Response:
        """Send `content`. Raises as the module says, but for the statuses in `heard`: those are answers to be read."""
        every = {"Content-Type": content_type} | dict(headers or {})
        return self._request("POST", path, content, every, context, heard)

    def get(self, path: str, context: SendContext, headers: Mapping[str, str] | None = None) -> Response | None:
        """Ask; None for 404. Raises Unavailable, Retryable, and Refused `reply.invalid` for too large an answer."""
        try:
            return self._request("GET", path, None, dict(headers or {}), context)
        except _NotFound:
            return None
        except InDoubt as error:
            raise Retryable("deliver.error", error.detail) from None
        except Refused as error:
            if error.code == "reply.invalid":
                raise
            raise Retryable("deliver.error", error.detail) from None

    def close(self) -> None:
        self._pool.close()

    def _request(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], context: SendContext,
        heard: Collection[int] = (),
    ) -> Response:  # fmt: skip
        headers |= {"Idempotency-Key": context.key, "X-Correlation-Id": context.correlation_id, **self._authorization}
        if context.traceparent:
            headers["traceparent"] = context.traceparent
        began = time.monotonic()
        deadline = began + 3 * self._connect_timeout + self._read_timeout
        try:
            answer = self._quickly(self._open, method, self._base + path, content, headers, deadline)
        except HTTPError as error:
            context.answered(None, time.monotonic() - began)
            if isinstance(error, _NOT_CONNECTED):
                raise Unavailable("deliver.unavailable", type(error).__name__) from None
            raise InDoubt("deliver.in_doubt", f"no answer: {type(error).__name__}") from None
        context.answered(answer.status, time.monotonic() - began)
        try:
            if not 200 <= answer.status < 300 and answer.status not in heard:
                raise _failure(method, answer.status, answer.headers.get("Retry-After"))
            return Response(answer.status, self._read(answer))
        finally:
            # An answer read to the end has given its connection back by now. Any other takes its connection with it:
            # what is left unread would be taken for the answer to the next request.
            answer.close()

    def _open(
        self, method: str, url: str, content: bytes | None, headers: dict[str, str], deadline: float
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


class _NotFound(Refused):
    """404, which a question may get."""


def _failure(method: str, status: int, retry_after: str | None) -> RenkeiError:
    if status == 503:
        failure = Unavailable("deliver.unavailable", "status 503")
        failure.retry_after = _seconds(retry_after)
        return failure
    if status == 429:
        return Retryable("deliver.throttled", "status 429", _seconds(retry_after))
    if status in _NOT_TAKEN:
        return Retryable("deliver.error", f"status {status}")
    if status >= 500 and status not in _NEVER:
        return InDoubt("deliver.in_doubt", f"status {status}")
    kind = _NotFound if status == 404 and method == "GET" else Refused
    return kind("deliver.rejected", f"status {status}")


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds: a number, or a date. None when it is missing or unreadable."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        left = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(0.0, left), _LONGEST_WAIT)
