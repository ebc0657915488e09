"""Which error a status means. The table stands in `client`."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hub.errors import InDoubt, Refused, RenkeiError, Retryable, Unavailable

_LONGEST_WAIT = 86_400.0  # seconds of Retry-After that are believed
_NOT_TAKEN = frozenset({408, 425})
_NEVER = frozenset({501, 505})


class NotFound(Refused):
    """404, which a question may get."""


class Unauthorized(Refused):
    """401, after which another token may do."""


def failure(method: str, status: int, retry_after: str | None) -> RenkeiError:
    """The error of a status that is no answer to be read."""
    if status == 503:
        error = Unavailable("deliver.unavailable", "status 503")
        error.retry_after = _seconds(retry_after)
        return error
    if status == 429:
        return Retryable("deliver.throttled", "status 429", _seconds(retry_after))
    if status in _NOT_TAKEN:
        return Retryable("deliver.error", f"status {status}")
    if status >= 500 and status not in _NEVER:
        return InDoubt("deliver.in_doubt", f"status {status}")
    kind: type[Refused] = NotFound if status == 404 and method == "GET" else Refused
    return (Unauthorized if status == 401 else kind)("deliver.rejected", f"status {status}")


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
