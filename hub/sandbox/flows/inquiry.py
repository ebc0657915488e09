"""F11: the welfare system asks other offices about a child on a day: on 生活保護? insured, and where?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

PURPOSE = "child-medical.examination"
SENDER, STRANGER = "welfare", "resident_registry"
# What is asked, by the kind of inquiry: the office's operation, and what the welfare system gets back
ASSISTANCE = ("public_assistance", "public_assistance.inquiry"), ("welfare", "welfare.assistance_answer")
INSURANCE = ("health_insurance", "health_insurance.inquiry"), ("welfare", "welfare.insurance_answer")
KINDS = {"welfare.assistance_inquiry": ASSISTANCE, "welfare.insurance_inquiry": INSURANCE}
LATER = timedelta(days=30)
_ASKED = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


class Inquiry:
    """Each inquiry is asked once, of its own office, and its answer comes back; a later day is asked anew."""

    id = "F11"
    name = "生活保護・医療保険 照会 inquiry"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        questions = zip(cycle(KINDS), city.children, range(1, 10 * most), strict=False)
        drawn = iter([(kind, child.addressee_number, number) for kind, child, number in questions])
        first = [next(drawn) for _ in range(share.normal)]
        sent = [self._sending(*each, TODAY, ids) for each in first]
        again = [
            self._sending(kind, person, 1_000_000 + number, TODAY + LATER, ids)
            for kind, person, number in first[: share.stale]
        ]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(*next(drawn), TODAY, ids), ids, share.refused
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(each, wave=2) for each in again),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        kind_of = {each.publication.message_id: each.publication.type for each in own}
        strayed = sum(
            (each.partner, each.operation) not in KINDS[kind_of[each.correlation_id]]
            for each in effects
            if each.correlation_id in kind_of
        )
        text = "no office was asked, and no answer came, about what another office knows"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, strayed)])

    def _sending(self, kind: str, person: str, number: int, day: date, ids: Ids) -> Sending:
        message = _letter(kind, person, number, day, ids)
        return Sending(self.id, SENDER, message, dues=tuple(Due(*each, message.message_id) for each in KINDS[kind]))


def _letter(kind: str, person: str, number: int, day: date, ids: Ids) -> Publication:
    body = letters.inquiry(kind, f"SK{number:08d}", person, day, _ASKED)
    return Publication(kind, body, PURPOSE, message_id=ids())
