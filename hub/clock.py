"""Time as the hub stores it, and days as the city counts them."""

import time
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as clock

JST = timezone(timedelta(hours=9), "JST")


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def today() -> date:
    """The day it is in Japan."""
    return datetime.now(UTC).astimezone(JST).date()


def end_of_day(day: date) -> int:
    """The first microsecond after a day in Japan."""
    return int(datetime.combine(day, clock.max, JST).timestamp() * 1_000_000) + 1
