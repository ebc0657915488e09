"""Holds in the store: messages that do not leave before people have looked at that very content.

open ─▶ reviewed ─▶ approved ─▶ released (in its queue again), or open/reviewed ─▶ refused; void, when content or fence
has changed: then the message is held anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hub.ports.persons import PersonRef
from hub.ports.sealed import SealedBody


class HoldState(Enum):
    OPEN = "open"
    REVIEWED = "reviewed"  # one person says it may go
    APPROVED = "approved"  # another agrees
    RELEASED = "released"  # given back to its queue
    REFUSED = "refused"  # its message has ended as discarded
    VOID = "void"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class NewHold:
    """A message to keep. `code`: why; `version`: of the fence, see `hub.ports.fence.Judgement`.

    `outgoing`: keyed digest of the bytes that were about to leave; `gives_way`: it has a version, so the next message
    of its record does not wait for it.
    """

    code: str
    version: int
    outgoing: str
    queue: str
    envelope: str
    body: SealedBody
    persons: tuple[PersonRef, ...]
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """As listed. `at`: when it was held, microseconds.

    `withheld`: codes of items that whoever reviewed it took out, separated by commas; `part`: keyed digest of what is
    left, "" where nothing was taken out.
    """

    id: int
    message_id: str
    correlation_id: str
    hop: str
    type: str
    source: str
    code: str
    version: int
    outgoing: str
    queue: str
    state: HoldState
    at: int
    withheld: str = ""
    part: str = ""

    @property
    def agreed(self) -> str:
        """The digest of what may leave once two persons agree."""
        return self.part or self.outgoing


@dataclass(frozen=True, slots=True)
class HoldAct:
    """What a person did with a hold, kept for ever. `act`: "look", "review", "approve", "release", "refuse".

    `ticket`: its number or address elsewhere.
    """

    at: int
    who: str
    act: str
    reason: str
    ticket: str | None = None


class Holds(Protocol):
    def holds(self, states: Collection[HoldState], after_id: int = 0, limit: int = 100) -> list[Hold]: ...

    def hold(self, hold_id: int) -> Hold | None: ...

    def holds_of(self, message_id: str) -> list[Hold]:
        """All of one message, oldest first."""
        ...

    def hold_acts(self, hold_id: int) -> list[HoldAct]: ...

    def hold_body(self, hold_id: int) -> tuple[str, SealedBody]:
        """Envelope JSON and sealed body. Raises Refused `hold.unknown`."""
        ...

    def move_hold(
        self,
        hold_id: int,
        before: Collection[HoldState],
        after: HoldState,
        act: HoldAct,
        agreed: str | None = None,
    ) -> bool:
        """Change its state and note the act in one commit; False when it is in none of the states `before`, or where
        `agreed` is not `Hold.agreed` any more: it was reviewed anew, for something else.

        REFUSED ends its message as discarded.
        """
        ...

    def review_hold(self, hold_id: int, before: Collection[HoldState], withheld: str, part: str, act: HoldAct) -> bool:
        """As `move_hold` to REVIEWED, with what is taken out, see `Hold`."""
        ...

    def note_hold(self, hold_id: int, act: HoldAct) -> None:
        """Note that somebody looked."""
        ...

    def hold_counts(self) -> list[tuple[str, str, int, int]]:
        """(hop, code, count, oldest at) of holds nobody has decided on yet, or that are not released."""
        ...
