"""Counting a run by flow and by partner: what was delivered from the ledgers, what it took from the hub's journal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.ports.store import DeadLetter, JournalEntry
from hub.sandbox.flow import Flow, Judgement, Sending
from hub.sandbox.judge import Effect, account
from hub.sandbox.report import Counts

Journal = Mapping[str, Sequence[JournalEntry]]  # by what a sending begins: all that it caused
AGAIN = frozenset(["retry", "wait"])  # sent, and to be sent again


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known after a run. `sent`: what was really published, each copy once.

    `lines`: by partner, the connectors that lead to it, where there are others than the one of its name.
    """

    sent: Sequence[Sending]
    effects: Sequence[Effect]
    journal: Journal
    letters: Sequence[DeadLetter]
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def flow(self, flow: Flow, found: Judgement) -> Counts:
        """Counts of one flow: messages it sent, and what they and theirs went through."""
        own = [
            entry
            for sending in self._originals()
            for begun in sending.begins
            for entry in self.journal[begun]
            if flow.owns(sending, entry)
        ]
        sent = sum(each.flow == flow.id for each in self.sent)
        return self._counts(sent, found.delivered, len({due.correlation_id for due in found.lost}), own)

    def partner(self, name: str) -> Counts:
        """Counts of one partner: messages due there, and what happened at the hops to and from it."""
        dues = [due for each in self.sent for due in each.dues if due.partner == name]
        found = account(dues, self.effects)
        hops = {f"{hop}.{line}" for hop in ("delivery", "intake") for line in (name, *self.lines.get(name, ()))}
        own = [entry for entries in self.journal.values() for entry in entries if entry.hop in hops]
        return self._counts(len(dues), len(found.delivered), len(found.lost), own)

    def partners(self) -> list[str]:
        """Those at whom something is due."""
        return sorted({due.partner for each in self.sent for due in each.dues})

    def _originals(self) -> Iterable[Sending]:
        """One sending per message id: a copy causes entries of the same message."""
        return {each.publication.message_id: each for each in reversed(self.sent)}.values()

    def _counts(self, sent: int, delivered: int, lost: int, entries: Sequence[JournalEntry]) -> Counts:
        dead = {_place(entry) for entry in entries if entry.outcome == "dead"}
        replayed = {_place(letter) for letter in self.letters if letter.state == "replayed"}
        return Counts(
            sent=sent,
            delivered=delivered,
            retried=_count(entries, lambda outcome: outcome in AGAIN),
            superseded=_count(entries, lambda outcome: outcome == "superseded"),
            duplicate=_count(entries, lambda outcome: outcome == "duplicate"),
            dead=len(dead),
            replayed=len(dead & replayed),
            lost=lost,
        )


def _place(what: JournalEntry | DeadLetter) -> tuple[str, str]:
    return what.hop, what.message_id


def _count(entries: Iterable[JournalEntry], wanted: Callable[[str], bool]) -> int:
    return sum(wanted(entry.outcome) for entry in entries)
