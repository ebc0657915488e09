"""Emergencies: for a while a person may reveal fields whose role may not (break-glass; issue: masking, R47, R64).

begun ─▶ ended: by hand, or by the clock alone

Everybody sees it on every screen meanwhile, and it alarms. Times are microseconds since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NewEmergency:
    """`until`: when it ends by itself. `reason`: in the person's own words, without personal data."""

    who: str
    reason: str
    ticket: str | None
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Emergency(NewEmergency):
    """`ended_at`, `ended_by`: by hand; None where it ends, or ended, by itself."""

    id: int
    ended_at: int | None = None
    ended_by: str | None = None

    def open(self, now: int) -> bool:
        return self.ended_at is None and now < self.until


class Emergencies(Protocol):
    """Kept for ever: each is looked at afterwards."""

    def begin_emergency(self, new: NewEmergency) -> int | None:
        """Its id. None where this person has one that is open at `new.at`."""
        ...

    def end_emergency(self, emergency_id: int, who: str, at: int) -> bool:
        """False where it is over."""
        ...

    def emergency(self, emergency_id: int) -> Emergency | None: ...

    def emergencies(self, open_at: int | None = None, before_id: int | None = None, limit: int = 50) -> list[Emergency]:
        """Newest first; with `open_at` those open at that time alone."""
        ...
