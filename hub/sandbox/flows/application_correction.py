"""F7: applicants apply again or correct what they sent; the older version is history, not examined any more (R18)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import forms, letters
from hub.sandbox.applications import reception_number, written
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.application_intake import EXAMINED, LINKING, TAKEN, TOLD, laid_out
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

RECORD, COMPARISON = "welfare.registered_record", "application.comparison"
COMPARED = ("application_management", "application_management.registered_record")
MATCHED = ("welfare", "welfare.comparison_matched")
OTHERS, SUPERSEDED = "application.other_applicant", "application.superseded"
_FIRST = 7_000_000  # serial of the applications of this flow
_AT = datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=UTC)


class ApplicationCorrection:
    """Both versions arrive; only the newer one goes on, and nobody replaces somebody else's."""

    id = "F7"
    name = "再申請・訂正 application correction"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        numbers = map(reception_number, count(_FIRST))
        first = [next(numbers) for _ in range((share.normal - share.stale) // 2)]
        again = {old: next(numbers) for old in first}
        alone = [next(numbers) for _ in range(share.normal - share.stale - 2 * len(first))]
        sent = [_taken(number) for number in [*first, *alone]] + [_taken(new, old) for old, new in again.items()]
        examined = first[: share.stale]
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=(), wave=2) for each in sent[: share.duplicate]),
            *(_of_another(next(numbers), first[n % len(first)]) for n in range(share.refused)),
            *(_record(again[old], ids, newest=True) for old in examined),
            *(_record(old, ids, newest=False) for old in examined),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        old = {each.publication.message_id for each in own if each.code == SUPERSEDED}
        examined = sum(each.correlation_id in old for each in effects)
        text = f"no version that was replaced was examined ({len(old)} tries)"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, examined)])


def _taken(number: str, replaces: str = "") -> Sending:
    sending = laid_out("F7", number, forms.package(number, replaces=replaces))
    message_id = sending.publication.message_id
    return replace(sending, dues=tuple(Due(*place, message_id) for place in (TAKEN, EXAMINED, TOLD)))


def _of_another(number: str, replaces: str) -> Sending:
    """It would replace what somebody else sent: a person has to look, and the portal hears that."""
    sending = laid_out("F7", number, forms.package(number, replaces=replaces, other=True))
    dues = (Due(*TOLD, sending.publication.message_id),)
    return replace(sending, fate="refused", code=OTHERS, dies_at=LINKING, dues=dues, wave=2)


def _record(number: str, ids: Ids, newest: bool) -> Sending:
    """What welfare registered by an application; by one that was replaced it is refused."""
    body = letters.registered_record(number, 1, written(number), _AT)
    letter = Publication(RECORD, body, COMPARISON, message_id=ids())
    if newest:
        dues = tuple(Due(*place, letter.message_id) for place in (COMPARED, MATCHED))
        return Sending("F7", "welfare", letter, dues=dues, wave=2)
    dies_at = f"delivery.{COMPARED[0]}"
    return Sending("F7", "welfare", letter, "refused", code=SUPERSEDED, wave=2, dies_at=dies_at)
