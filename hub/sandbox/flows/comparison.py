"""F8: after registration the record is compared with the application; no case is closed while they differ (R19)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count as counted
from random import Random

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.applications import reception_number, written
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, Wave, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

RECORD, CLOSING = "welfare.registered_record", "welfare.registration_closing"
PURPOSE = "application.comparison"
SENDER, STRANGER = "welfare", "resident_registry"
COMPARED = ("application_management", "application_management.registered_record")
CLOSED = ("application_management", "application_management.registration_closing")
MATCHED, WORK_ITEM = ("welfare", "welfare.comparison_matched"), ("welfare", "welfare.work_item")
DECIDED = ("welfare", "welfare.closing_decision")
SHARE = 8  # one message in so many begins a case whose record differs at first
_FIRST = 5_000_000  # serial of the applications of this flow
_AT = datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=UTC)
Place = tuple[str, str]


class Comparison:
    """A record that differs becomes a work item and keeps its case open until it is corrected."""

    id = "F8"
    name = "登録内容照合 comparison"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        rng = Random(f"renkei-comparison-{city.seed}")
        numbers = map(reception_number, counted(_FIRST))
        differ = [next(numbers) for _ in range(max(share.stale, share.normal // SHARE))]
        left = share.normal - 4 * len(differ)
        match = [next(numbers) for _ in range(left - left // 2)]
        wrong = {number: _with_a_mistake(written(number), rng) for number in differ}
        begun: list[Sending] = []
        for number in differ:
            begun.append(self._record(number, 1, wrong[number], ids, WORK_ITEM))
            begun.append(self._closing(number, 1, ids, (DECIDED,)))  # too early: it is refused
        records = [self._record(number, 1, written(number), ids, MATCHED) for number in match]
        begun = _mixed(begun, records)
        ended = [self._record(number, 2, written(number), ids, MATCHED, wave=2) for number in differ]
        ended += [self._closing(number, 2, ids, (CLOSED, DECIDED), wave=2) for number in differ]
        ended += [self._closing(number, 1, ids, (CLOSED, DECIDED), wave=2) for number in match[: left // 2]]
        stale = [self._record(number, 1, wrong[number], ids, None, wave=2) for number in differ[: share.stale]]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _record(next(numbers), 1, None, ids), ids, share.refused
        )
        return [
            *begun,
            *(replace(each, fate="duplicate", dues=()) for each in begun[: share.duplicate]),
            *refused,
            *ended,
            *(replace(each, fate="stale") for each in stale),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        needless = _strayed(own, effects, WORK_ITEM)
        early = [each for each in own if each.publication.type == CLOSING and not _due(each, CLOSED)]
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero("no record that matches became a work item", needless),
                Expectation.zero(
                    f"no case was closed while record and application differ ({len(early)} tries)",
                    _strayed(early, effects, CLOSED),
                ),
            ],
        )

    def _record(
        self, number: str, version: int, items: Mapping[str, str], ids: Ids, outcome: Place | None, wave: Wave = 1
    ) -> Sending:
        letter = _record(number, version, items, ids)
        places = () if outcome is None else (COMPARED, outcome)
        dues = tuple(Due(*place, letter.message_id) for place in places)
        return Sending(self.id, SENDER, letter, dues=dues, wave=wave)

    def _closing(self, number: str, version: int, ids: Ids, places: Sequence[Place], wave: Wave = 1) -> Sending:
        body = letters.registration_closing(number, version, _AT)
        letter = Publication(CLOSING, body, PURPOSE, message_id=ids())
        return Sending(self.id, SENDER, letter, dues=tuple(Due(*each, letter.message_id) for each in places), wave=wave)


def _record(number: str, version: int, items: Mapping[str, str] | None, ids: Ids) -> Publication:
    body = letters.registered_record(number, version, items or written(number), _AT)
    return Publication(RECORD, body, PURPOSE, message_id=ids())


def _with_a_mistake(items: Mapping[str, str], rng: Random) -> dict[str, str]:
    """The record as somebody typed it who slipped in one item."""
    item = rng.choice(("applicant_name", "child_name", "child_address", "insured_mark"))
    return dict(items) | {item: items[item] + "1"}


def _mixed(differing: Sequence[Sending], matching: Sequence[Sending]) -> list[Sending]:
    """Spread over each other, so that every round has some of both; each in its own order."""
    step = max(1, len(matching) // max(1, len(differing)))
    found: list[Sending] = []
    left = list(matching)
    for each in differing:
        found += [each, *left[:step]]
        del left[:step]
    return found + left


def _due(sending: Sending, place: Place) -> bool:
    return any((due.partner, due.operation) == place for due in sending.dues)


def _strayed(own: Sequence[Sending], effects: Sequence[Effect], place: Place) -> int:
    """Effects at a place of messages that are not due there."""
    others = {each.publication.message_id for each in own if each.dues and not _due(each, place)}
    return sum((each.partner, each.operation) == place and each.correlation_id in others for each in effects)
