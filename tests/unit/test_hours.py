"""Service hours of a partner, in Japanese time."""

from datetime import UTC, datetime

import pytest

from hub.hours import Hours


def at(clock: str) -> int:
    """Microseconds of this time of day in Japan."""
    hour, minute = map(int, clock.split(":"))
    day = datetime(2026, 9, 1, (hour - 9) % 24, minute, tzinfo=UTC)
    return int(day.timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("written", "open_at", "closed_at"),
    [
        ("07:00-22:00", ["07:00", "12:00", "21:59"], ["22:00", "23:30", "00:00", "06:59"]),
        ("22:00-06:00", ["22:00", "23:59", "00:00", "05:59"], ["06:00", "12:00", "21:59"]),
    ],
)
def test_from_the_first_minute_to_before_the_last(written: str, open_at: list[str], closed_at: list[str]) -> None:
    hours = Hours.parse(written)

    assert [clock for clock in open_at if not hours.open_at(at(clock))] == []
    assert [clock for clock in closed_at if hours.open_at(at(clock))] == []


WRONG = ["7:00-22:00", "07:00", "07:00-24:00", "07:60-08:00", "07:00-07:00", "0７:00-22:00"]


@pytest.mark.parametrize("written", WRONG)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="service hours"):
        Hours.parse(written)
