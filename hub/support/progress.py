"""What became of a message, for whoever sent it: taken in or refused and why, and how far it is at each target.

Nothing of a body, and nothing of why people look at a message: what is held is "in review", whatever the reason.
A target whose queue the message has only just entered is not listed before it was tried there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hub.ports.letters import DeadFilter
from hub.ports.store import DeadLetter, End, JournalEntry, Progress, Store

IN_REVIEW = "in review"
_SECRET = ("fence", "hold")  # codes that would say that somebody is protected
_WORDS = {
    End.FORWARDED.value: "accepted",
    End.DELIVERED.value: "delivered",
    End.SUPERSEDED.value: "superseded",
    End.DUPLICATE.value: "duplicate",
    End.DISCARDED.value: "closed by staff",
    End.REPLACED.value: "replaced by a correction",
    Progress.RETRY.value: "waiting",
    Progress.WAIT.value: "waiting",
    Progress.WAITING.value: "waiting",
    Progress.DEAD.value: "dead",
    Progress.HELD.value: IN_REVIEW,
}
_LINE = re.compile(r"\bline (\d+)(?:, column (\d+))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A message at one hop. `code`, `rule`, `line`, `column` only where it was refused; no value is quoted."""

    hop: str
    message_id: str
    type: str
    state: str
    at: int
    attempts: int
    code: str | None = None
    rule: str | None = None
    line: int | None = None
    column: int | None = None


def progress(store: Store, message_id: str) -> list[Place]:
    """Every place of this message and of what it caused, in the order they were reached. Raises StoreUnavailable."""
    found: dict[tuple[str, str], list[JournalEntry]] = {}
    for entry in store.trace(message_id):
        found.setdefault((entry.hop, entry.message_id), []).append(entry)
    return [_place(entries, store) for entries in found.values()]


def _place(entries: Sequence[JournalEntry], store: Store) -> Place:
    """By the last that was settled; a later copy of what is known changes nothing."""
    own = [entry for entry in entries if entry.outcome != End.DUPLICATE.value] or entries
    last = own[-1]
    attempts = max(entry.attempt for entry in own)
    if last.outcome != Progress.DEAD.value or last.code is None:
        return Place(last.hop, last.message_id, last.type, _WORDS[last.outcome], last.at, attempts)
    if last.code.partition(".")[0] in _SECRET:
        return Place(last.hop, last.message_id, last.type, IN_REVIEW, last.at, attempts)
    letter = _letter(last, store)
    rule = letter.explanation if letter is not None else None
    where = _LINE.search(rule or "")
    state = "refused" if last.hop.startswith("intake.") else "dead"
    return Place(
        last.hop, last.message_id, last.type, state, last.at, attempts, last.code, rule,
        int(where[1]) if where else None, int(where[2]) if where and where[2] else None,
    )  # fmt: skip


def _letter(entry: JournalEntry, store: Store) -> DeadLetter | None:
    letters = store.dead_letters(DeadFilter(hop=entry.hop, message_id=entry.message_id, state=None))
    return letters[-1] if letters else None
