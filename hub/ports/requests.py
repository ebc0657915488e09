"""Requests: what one person asks to do, and does not do before another has agreed (四眼, issue: four-eyes).

open ─▶ approved ─▶ done (it was begun)
  ├▶ refused        open and approved ─▶ expired, by the clock alone
  └▶ withdrawn (by whoever asked)

Here are discards and replays. Edits, holds, erasures and fences take their second person in their own states; `waiting`
lists them all. Nothing here is a body, a name or a number of a person. Times are microseconds since 1970 UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class RequestKind(Enum):
    DISCARD = "discard"  # of dead letters
    REPLAY = "replay"  # a plan


class RequestState(Enum):
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NewRequest:
    """`subjects`: ids of dead letters, or of the one plan. `digest`: of exactly what will be done; `count`: messages.

    `scope`: (hop, message type) of all of them, to tell who may see it.
    """

    kind: RequestKind
    subjects: tuple[int, ...]
    digest: str
    count: int
    scope: tuple[tuple[str, str], ...]
    who: str
    purpose: str
    ticket: str | None
    at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Request(NewRequest):
    id: int
    state: RequestState
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a second person. `kind`: "discard", "replay", "edit", "erasure", "hold", "fence".

    `who`, `at`: the first person, and when; `expires_at`: None where it waits for ever.
    """

    kind: str
    id: str
    who: str
    at: int
    purpose: str
    ticket: str | None = None
    expires_at: int | None = None
    scope: tuple[tuple[str, str], ...] = ()


class Requests(Protocol):
    """`now`: by which it is told whether a request has expired."""

    def add_request(self, new: NewRequest) -> int: ...

    def requests(
        self, states: Collection[RequestState], now: int, after_id: int = 0, limit: int = 100
    ) -> list[Request]:
        """Oldest first."""
        ...

    def request(self, request_id: int, now: int) -> Request | None: ...

    def request_for(self, kind: RequestKind, subjects: Collection[int], now: int) -> Request | None:
        """The newest about exactly these that is open, approved or done."""
        ...

    def decide_request(self, request_id: int, state: RequestState, who: str, reason: str, at: int) -> bool:
        """open → state. False where it is not open any more, or whoever asked would approve."""
        ...

    def finish_request(self, request_id: int) -> None:
        """approved → done."""
        ...

    def waiting(self, now: int, limit: int = 100) -> list[Waiting]:
        """Open requests, proposed edits, erasures asked for, reviewed holds: of each kind the oldest, up to `limit`."""
        ...

    def waiting_counts(self, now: int) -> list[tuple[str, int, int]]:
        """(kind, count, oldest at) of the same."""
        ...
