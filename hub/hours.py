"""Service hours of a partner: outside them its messages wait, without an attempt and without an alarm."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time

from hub.clock import JST

_WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """Every day from `opens` to before `closes`, Japanese time; over midnight where it closes before it opens."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Written as "07:00-22:00". Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None or found[0][:5] == found[0][6:]:
            raise ValueError('write service hours as "07:00-22:00"')
        first, second, third, fourth = (int(part) for part in found.groups())
        return cls(time(first, second), time(third, fourth))

    def open_at(self, now_us: int) -> bool:
        """`now_us`: microseconds since 1970 UTC."""
        now = datetime.fromtimestamp(now_us / 1_000_000, UTC).astimezone(JST).time()
        if self.opens < self.closes:
            return self.opens <= now < self.closes
        return now >= self.opens or now < self.closes
