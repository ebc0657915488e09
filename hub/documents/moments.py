"""Moments as messages write them, as microseconds since 1970."""

from datetime import UTC, datetime, timedelta

from hub.clock import JST

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int:
    """Japanese time if none is said. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=JST)
    return (moment - _EPOCH) // timedelta(microseconds=1)
