"""Deleting what is kept no longer (F27, R61): listed, confirmed by staff, deleted page by page, the result confirmed.

listed ─▶ confirmed ─▶ deleted ─▶ accepted      listed ─▶ cancelled

What is deleted is what was listed, row by row: what could not be listed then, as people worked on its case or something
of its flow was held, is counted as blocked and comes with the next list. What is blocked by the time it would be
deleted stays, and is counted as left.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class BatchState(Enum):
    LISTED = "listed"
    CONFIRMED = "confirmed"  # being deleted, or its process has died: confirm it again
    DELETED = "deleted"
    ACCEPTED = "accepted"  # somebody has compared the result
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Counts:
    """Closed dead letters with their edits, and holds that were decided."""

    dead_letters: int
    holds: int

    @property
    def total(self) -> int:
        return self.dead_letters + self.holds


@dataclass(frozen=True, slots=True)
class Batch:
    """`targets`: as listed; `left`: of these, still there; `blocked`: old enough, and
    part of a case not resolved or of a flow that is held, when the list was made."""

    id: int
    state: BatchState
    before: int
    who: str
    at: int
    targets: Counts
    blocked: int
    left: Counts
    confirmed_by: str | None = None
    confirmed_at: int | None = None
    accepted_by: str | None = None
    accepted_at: int | None = None
    note: str | None = None


class Retention(Protocol):
    """See the module. Times in microseconds."""

    def list_batch(self, before: int, who: str, at: int) -> int: ...

    def batch(self, batch_id: int) -> Batch | None: ...

    def batches(self, limit: int = 50) -> list[Batch]:
        """Newest first."""
        ...

    def move_batch(
        self, batch_id: int, before: Collection[BatchState], after: BatchState, who: str, at: int, note: str = ""
    ) -> bool: ...

    def delete_page(self, batch_id: int, limit: int) -> int:
        """Of a confirmed batch: rows, and the data keys that sealed nothing else. Returns how many are gone."""
        ...
