"""Moments as messages write them, as microseconds since 1970."""

from datetime import UTC, datetime, timedelta, timezone

_JST = timezone(timedelta(hours=9))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int:
    """Japanese time if none is said. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=_JST)
    return (moment - _EPOCH) // timedelta(microseconds=1)
