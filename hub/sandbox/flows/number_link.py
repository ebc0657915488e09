"""F1: the registry's differences of the number links (番号紐付情報の差分) to application management, once and in order.

At the end one difference is never sent: the next one stops, what follows it waits, the registry is asked for the full
set, sends it, and all goes on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.cards import Cards, Link
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Fate, Ids, Judgement, Sending, Shares, Wave, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.partner import record_digest
from hub.sandbox.report import Expectation

DIFFERENCES, SET = "resident_registry.number_links", "resident_registry.number_link_set"
PURPOSE = "application.number-link"
SENDER, STRANGER = "resident_registry", "welfare"
APPLIED = ("application_management", "application_management.number_links")
REPLACED = ("application_management", "application_management.number_link_set")
ACKNOWLEDGED = ("resident_registry", "resident_registry.number_links_applied")
WANTED = ("resident_registry", "resident_registry.full_set_request")
GAP = "deliver.gap"
_AT = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)
_AFTER_THE_GAP = 3  # messages: one stops, one waits, and the full set


class NumberLink:
    """Every difference is applied once and in order (R12), and nothing past a gap but after the full set."""

    id = "F1"
    name = "番号紐付情報の差分 number links"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        cards = Cards(city)
        count = share.normal - _AFTER_THE_GAP
        differences = [cards.difference() for _ in range(count)]
        sent = [self._difference(number, links, ids) for number, links in enumerate(differences, start=1)]
        stale = [
            self._difference(number, links, ids, fate="stale", wave=2)
            for number, links in enumerate(differences[: share.stale], start=1)
        ]
        cards.difference()  # number count + 1 is lost on its way
        stops = self._difference(count + 2, cards.difference(), ids, fate="stopped", wave=3)
        everything = Publication(SET, letters.number_link_set(count + 2, cards.rows, _AT), PURPOSE, message_id=ids())
        waits = self._difference(count + 3, cards.difference(), ids, wave=3)
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(count + 4, cards.difference(), ids), ids, share.refused
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *stale,
            stops,
            waits,
            Sending(
                self.id, SENDER, everything, dues=(Due(*REPLACED, everything.message_id, "set", count + 2),), wave=4
            ),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        stopped = [each.publication.message_id for each in own if each.fate == "stopped"]
        asked = [each.correlation_id for each in effects if (each.partner, each.operation) == WANTED]
        acknowledged = {each.record for each in effects if (each.partner, each.operation) == ACKNOWLEDGED}
        numbers = [due.record for each in own for due in each.dues if (due.partner, due.operation) == APPLIED]
        unacknowledged = sum(not {number, record_digest(number)} & acknowledged for number in numbers)
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero("no difference was applied out of order or past a gap", _past_gap(effects)),
                Expectation.zero("every difference was acknowledged to the registry", unacknowledged),
                Expectation(
                    f"for each gap ({len(stopped)}) the registry was asked once for the full set, and else never",
                    sorted(asked) == sorted(stopped),
                ),
            ],
        )

    def _difference(
        self, number: int, links: Sequence[Link], ids: Ids, fate: Fate = "effect", wave: Wave = 1
    ) -> Sending:
        letter = _letter(number, links, ids)
        dues = (Due(*APPLIED, letter.message_id, str(number), number),) if fate == "effect" else ()
        code = GAP if fate == "stopped" else ""
        return Sending(self.id, SENDER, letter, fate, dues, code, wave)


def _letter(number: int, links: Sequence[Link], ids: Ids) -> Publication:
    return Publication(DIFFERENCES, letters.number_links(number, links, _AT), PURPOSE, message_id=ids())


def _past_gap(effects: Sequence[Effect]) -> int:
    """Differences whose number is not the one after the last, where no full set had come between."""
    wrong, last = 0, 0
    for each in effects:
        if (each.partner, each.operation) == REPLACED:
            last = each.version or last
        elif (each.partner, each.operation) == APPLIED:
            number = each.version or 0
            wrong += number != last + 1
            last = number
    return wrong
