"""Cases in the store: dead letters of one cause, and what people do about them.

new ─▶ investigating ◀─▶ waiting ─▶ resolved ─▶ new, when a dead letter of the same cause comes after it was resolved
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class CaseState(Enum):
    NEW = "new"
    INVESTIGATING = "investigating"
    WAITING = "waiting"  # for somebody else
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Cause:
    """What dead letters of one case have in common. `hop` names the partner and the side, `type` the contract."""

    code: str
    hop: str
    type: str


@dataclass(frozen=True, slots=True)
class Count:
    """Open dead letters of a cause (and those being replayed). Times in microseconds.

    `lately`: those of the last hour; `before`: those of the hour before it.
    """

    cause: Cause
    letters: int
    first_at: int
    last_at: int
    lately: int
    before: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What people have said of a case."""

    case_id: str
    cause: Cause
    state: CaseState
    owner: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """`act`: "take", "note", "wait", "reveal", "resolve". Who wrote what, and when; never changed."""

    at: int
    who: str
    act: str
    note: str


class Cases(Protocol):
    """Counts come from the dead letters at every call; what people say is kept beside them."""

    def causes(self, now: int) -> list[Count]:
        """All causes with an open dead letter."""
        ...

    def case_rows(self) -> list[CaseRow]: ...

    def write_case(self, row: CaseRow, note: Note) -> None:
        """Create or replace the row, and add the note, in one commit."""
        ...

    def case_notes(self, case_id: str) -> list[Note]: ...
