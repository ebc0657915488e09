"""Erasing what lies here about one person: asked for by one, agreed to by another, done in one commit.

asked ─▶ done      asked ─▶ refused

The data keys are destroyed, so copies and backups of the database cannot be read either once the keys' own backups have
gone. Messages that had no end yet end as ERASED. Journal, acts and counts stay: they hold keyed hashes and no content.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hub.ports.persons import Alias
from hub.ports.sealed import SealedBody


class ErasureState(Enum):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Found:
    """What lies here about a person. `unended`: of all these, messages that have no end and would get one as ERASED.

    `kept`: entries that name the person by keyed hash and stay: fence acts, which the law asks for (R30, S:251).
    """

    dead_letters: int
    holds: int
    edits: int
    waiting: int
    unended: int
    kept: int

    @property
    def bodies(self) -> int:
        return self.dead_letters + self.holds + self.edits + self.waiting


@dataclass(frozen=True, slots=True)
class Lying:
    """A body that names a person. `what`: "dead:7", "hold:3", "edit:2" or "waiting:9"; `at`: microseconds, None where
    it waits. The text is the envelope as JSON; one that was erased has no ciphertext."""

    what: str
    at: int | None
    envelope: str
    body: SealedBody


@dataclass(frozen=True, slots=True)
class Erasure:
    """`hashes`: keyed hashes of the number as every kind of alias. Times in microseconds."""

    id: int
    state: ErasureState
    hashes: tuple[str, ...]
    who: str
    reason: str
    ticket: str | None
    at: int
    found: Found
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: int | None = None


class Erasures(Protocol):
    """See the module."""

    def lies_here(self, aliases: Collection[Alias]) -> Found:
        """Of whoever these belong to, and by any other number known to be theirs."""
        ...

    def bodies_of(self, aliases: Collection[Alias]) -> list[Lying]:
        """The bodies that `lies_here` counts, in no order that means anything. All of them at once: they are few."""
        ...

    def ask_erasure(self, aliases: Collection[Alias], who: str, reason: str, ticket: str | None, at: int) -> int: ...

    def erasures(self, states: Collection[ErasureState], after_id: int = 0, limit: int = 100) -> list[Erasure]:
        """Oldest first."""
        ...

    def erasure(self, erasure_id: int) -> Erasure | None: ...

    def refuse_erasure(self, erasure_id: int, who: str, reason: str, at: int) -> bool:
        """False where it was decided already."""
        ...

    def erase(self, erasure_id: int, who: str, reason: str, at: int) -> Found | None:
        """Do it now, whatever lies here by now; returns what was erased. None where it was decided already.

        A dead letter that is being replayed is not waited for: what is in a queue is not erased, and ends there.
        """
        ...
