"""F10: the city asks other bodies about people who lived there, through the intermediate server (番号法第19条第9号).

The server takes an inquiry at once and has the result later; the hub asks after it and never sends it twice (R33).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import inquiries, mischief
from hub.sandbox.city import City, Resident
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows import numbering
from hub.sandbox.flows.provision import first_list
from hub.sandbox.inquiries import CHILD_MEDICAL, ELSEWHERE, Question
from hub.sandbox.judge import Due, Effect

SENDER, STRANGER = "welfare", "resident_registry"
PURPOSE = "child-medical.network-inquiry"
RESOLVED = ("integration_platform", "integration_platform.network_inquiry")
ASKED = ("intermediate_server", "intermediate_server.information_inquiry")
GIVEN_BACK = ("integration_platform", "integration_platform.network_result")
ANSWERED = ("welfare", "welfare.network_answer")
PLACES = (RESOLVED, ASKED, GIVEN_BACK, ANSWERED)
PROTECTED = 1  # persons
LIST_VERSION = 1  # F12 goes on with 2


class NetworkInquiry:
    """Every inquiry is asked once and its result comes back; what the list does not name is not asked (R24)."""

    id = "F10"
    name = "情報照会 network inquiry"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        serials, people, regions = count(1), _own(city), cycle(ELSEWHERE)
        left = share.normal + share.stale - 1 - 2 * PROTECTED
        persons = [next(people) for _ in range(max(1, left // 4))]
        asked = [
            Question(next(serials), one.addressee_number, next(regions))
            for one in islice(cycle(persons), left - len(persons))
        ]
        sent = [self._sending(each, ids) for each in asked]
        spare = lambda: _letter(Question(next(serials), persons[0].addressee_number), ids)  # noqa: E731 - read below
        forbidden = replace(
            self._sending(Question(next(serials), persons[0].addressee_number, item=CHILD_MEDICAL), ids),
            fate="refused", dues=(), code="inquiry.not_listed",
        )  # fmt: skip
        return [
            first_list(self.id, LIST_VERSION, ids),
            *(numbering.known(self.id, one, ids) for one in persons),
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *mischief.refused(self.id, SENDER, STRANGER, spare, ids, share.refused - 1),
            forbidden,
            *self._protected(next(people), serials, ids),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        return judged([each for each in sent if each.flow == self.id], effects)

    def _sending(self, asked: Question, ids: Ids) -> Sending:
        letter = _letter(asked, ids)
        return Sending(
            self.id, SENDER, letter, dues=tuple(Due(*place, letter.message_id, asked.record) for place in PLACES)
        )

    def _protected(self, person: Resident, serials: Iterator[int], ids: Ids) -> list[Sending]:
        """To ask is to tell: where somebody lives now. It is refused by a person."""
        asked = self._sending(Question(next(serials), person.addressee_number), ids)
        held = replace(asked, fate="held", dues=asked.dues[:1], wave=2, protects=person.addressee_number)
        return [numbering.known(self.id, person, ids), held]


def _letter(asked: Question, ids: Ids) -> Publication:
    return Publication(inquiries.QUESTION, inquiries.question(asked), PURPOSE, message_id=ids())


def _own(city: City) -> Iterator[Resident]:
    """Residents no other flow numbers or protects: F12 takes those from three quarters on, F13 the last."""
    return islice(city.residents, 17 * len(city.residents) // 20, None)
