"""What became of a message, for whoever sent it: taken in or refused and why, and how far it is at each target.

Nothing of a body, and nothing of why people look at a message: what is held is "in review", whatever the reason.
A target whose queue the message has only just entered is not listed before it was tried there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub import answers
from hub.ports.store import End, JournalEntry, Store


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
    state = answers.state(last.outcome, last.hop, last.code)
    place = Place(last.hop, last.message_id, last.type, state, last.at, attempts)
    if state not in (answers.REFUSED, answers.DEAD):
        return place
    letter = answers.letter_of(store, last.hop, last.message_id)
    rule = letter.explanation if letter is not None else None
    line, column = answers.place_in(rule)
    return replace(place, code=last.code, rule=rule, line=line, column=column)
