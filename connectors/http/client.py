"""One partner's HTTP endpoint. Every way a request can fail becomes one coded error; no body ever enters an error.

cannot connect, 503            → Unavailable  deliver.unavailable  nothing was done
429                            → Retryable    deliver.throttled    nothing was done
no answer, broken answer, 5xx  → InDoubt      deliver.in_doubt     it may have been done
4xx, 501, 505, redirect        → Refused      deliver.rejected     it will never be done
answer larger than the limit   → Refused      reply.invalid
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from hub.errors import InDoubt, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import ConnectorSettings, SendContext

_CHUNK = 65_536
_QUICK_TRIES = 3
_QUICK_WAIT = 0.1
_NEVER = frozenset({501, 505})
_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, NameResolutionError, SSLError)


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx answer, read whole."""

    status: int
    body: bytes = field(repr=False)


class HttpClient:
    """Requests to the host of `settings.url` only: no redirects, no proxies. Thread-safe."""

    def __init__(self, settings: ConnectorSettings) -> None:
        parts = urlsplit(settings.url)
        self._base = parts.path.rstrip("/")
        self._read_timeout = settings.read_timeout
        self._most = settings.max_reply_bytes
        pool = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
        self._pool = pool(
            parts.hostname or "",
            parts.port,
            maxsize=settings.max_in_flight,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout),
        )
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
    ) -> Response:
        """Send `content`. Raises as the module says."""
        return self._request("POST", path, content, {"Content-Type": content_type} | dict(headers or {}), context)

    def get(self, path: str, context: SendContext, headers: Mapping[str, str] | None = None) -> Response | None:
        """Ask; None for 404. Asking changes nothing, so what would be in doubt is only not answered."""
        try:
            return self._request("GET", path, None, dict(headers or {}), context)
        except _NotFound:
            return None
        except InDoubt as error:
            raise Retryable("deliver.error", error.detail) from None

    def close(self) -> None:
        self._pool.close()

    def _request(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], context: SendContext
    ) -> Response:
        headers |= {"Idempotency-Key": context.key, "X-Correlation-Id": context.correlation_id}
        if context.traceparent:
            headers["traceparent"] = context.traceparent
        deadline = time.monotonic() + self._read_timeout
        try:
            answer = self._quickly(
                self._pool.urlopen, method, self._base + path, content, headers, redirect=False, preload_content=False
            )
        except _NOT_CONNECTED as error:
            raise Unavailable("deliver.unavailable", type(error).__name__) from None
        except HTTPError as error:
            raise InDoubt("deliver.in_doubt", f"no answer: {type(error).__name__}") from None
        try:
            if not 200 <= answer.status < 300:
                raise _failure(method, answer.status, answer.headers.get("Retry-After"))
            return Response(answer.status, self._read(answer, deadline))
        finally:
            # a connection whose answer was not read to the end cannot be used again
            answer.close() if answer.length_remaining else answer.release_conn()

    def _read(self, answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        try:
            while chunk := answer.read1(_CHUNK):
                body += chunk
                if len(body) > self._most:
                    raise Refused("reply.invalid", f"the answer is larger than {self._most} bytes")
                if time.monotonic() > deadline:
                    raise InDoubt("deliver.in_doubt", f"the answer was not complete after {self._read_timeout:g} s")
        except HTTPError as error:
            raise InDoubt("deliver.in_doubt", f"broken answer: {type(error).__name__}") from None
        if answer.length_remaining:
            raise InDoubt("deliver.in_doubt", "the answer ended early")
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
    if status >= 500 and status not in _NEVER:
        return InDoubt("deliver.in_doubt", f"status {status}")
    kind = _NotFound if status == 404 and method == "GET" else Refused
    return kind("deliver.rejected", f"status {status}")


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds: a number, or a date. None when it is missing or unreadable."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
