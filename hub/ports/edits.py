"""Edits in the store: a new version of a dead letter, which takes its place when a second person agrees.

proposed ─▶ approved (the original is closed, the new message is accepted) ─▶ sent      proposed ─▶ refused, withdrawn

So original and edit never both go out. Nothing here is a body in the clear, a name or a number of a person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hub.ports.sealed import SealedBody


class EditState(Enum):
    PROPOSED = "proposed"
    APPROVED = "approved"  # by another person; about to be published
    SENT = "sent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewEdit:
    """`message_id`, `envelope`, `body`: of the new message; `digest`: the one it arrives with at its hop.

    `fields`: paths that differ, never their values.
    """

    dead_id: int
    message_id: str
    digest: str
    envelope: str
    body: SealedBody
    fields: tuple[str, ...]
    who: str
    reason: str
    ticket: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Edit:
    """As listed. `original_id`: the message that died; hop, type and queue are its own. Times in microseconds."""

    id: int
    dead_id: int
    original_id: str
    message_id: str
    hop: str
    type: str
    queue: str
    state: EditState
    fields: tuple[str, ...]
    who: str
    reason: str
    ticket: str | None
    at: int
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: int | None = None


class Edits(Protocol):
    """Every change is conditional on the state it presumes."""

    def propose_edit(self, new: NewEdit) -> int | None:
        """Its id. None where the dead letter is not open, or has a proposed edit, or may have reached the partner."""
        ...

    def edits(self, states: Collection[EditState], after_id: int = 0, limit: int = 100) -> list[Edit]:
        """Oldest first."""
        ...

    def edit(self, edit_id: int) -> Edit | None: ...

    def edits_of(self, dead_id: int) -> list[Edit]:
        """Those of one dead letter, oldest first."""
        ...

    def edit_body(self, edit_id: int) -> tuple[str, SealedBody]:
        """Envelope JSON and sealed body of the new message. Raises Refused `edit.unknown`."""
        ...

    def decide_edit(self, edit_id: int, state: EditState, who: str, reason: str, at: int) -> bool:
        """proposed → refused or withdrawn."""
        ...

    def release_edit(self, edit_id: int, who: str, reason: str, at: int) -> bool:
        """proposed → approved, in one commit with the end of the original as REPLACED and the acceptance of the new
        message, which takes its place in the order of its record. False where edit or dead letter is in another state.
        """
        ...

    def mark_edit_sent(self, edit_id: int) -> None:
        """approved → sent, after the publish is confirmed."""
        ...

    def may_have_arrived(self, hop: str, message_id: str) -> bool:
        """Whether a send of it was not answered, or is under way: a new version could then be a second effect."""
        ...
