"""F9: the welfare system asks the tax system about incomes: one by one over a queue, and by lists as files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import zip_longest
from uuid import UUID, uuid5

from hub.client import Publication
from hub.message import output_id
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.city import TODAY, City, Resident
from hub.sandbox.claims import in_cp932
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, collected_id, judged
from hub.sandbox.judge import Due, Effect

INQUIRY, LIST = "welfare.income_inquiry", "welfare.income_list"
SINGLY, BY_LIST = "child-medical.examination", "child-medical.renewal"
SENDER, STRANGER = "welfare", "resident_registry"
PER_LIST, STUCK = 3, 2  # persons on a list; lists with a name that cp932 does not have
_ASKED = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)
_DAY = date(TODAY.year, 1, 1)


class Income:
    """Each inquiry and each list is asked once, and its answer comes back."""

    id = "F9"
    name = "税 庁内照会 income"

    def __init__(self, queue: bool = True) -> None:
        """`queue`: single inquiries, too."""
        self.queue = queue

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        numbers = iter(range(1, 10 * most))
        asked = (share.normal + share.stale - STUCK) // 2 if self.queue else 0
        people, lists = iter(city.residents), _lists(city)
        single = [_inquiry(next(numbers), next(people), ids) for _ in range(asked)]
        listed = [_list(next(numbers), next(lists), ids) for _ in range(share.normal + share.stale - STUCK - asked)]
        sent = [each for pair in zip_longest(single, listed) for each in pair if each is not None]
        refused = mischief.refused(
            self.id,
            SENDER,
            STRANGER,
            lambda: _list(next(numbers), next(lists), ids).publication,
            ids,
            share.refused,
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=(), answers=()) for each in sent[: share.duplicate]),
            *refused,
            *_unencodable(city, numbers, ids),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        return judged([each for each in sent if each.flow == self.id], effects)


def _inquiry(number: int, person: Resident, ids: Ids) -> Sending:
    body = letters.income_inquiry(f"ZS{number:08d}", person.addressee_number, _DAY, _ASKED)
    letter = Publication(INQUIRY, body, SINGLY, message_id=ids())
    there = output_id(CITY_CODE, SENDER, letter.message_id, "income-inquiry", "tax")
    return Sending(
        "F9",
        SENDER,
        letter,
        dues=(
            Due("tax", "tax.income_inquiry", letter.message_id),
            Due("welfare", "welfare.income_answer", letter.message_id),
        ),
        answers=(("tax", str(uuid5(UUID(there), "answer"))),),
    )


def _list(number: int, people: Sequence[Resident], ids: Ids) -> Sending:
    """The file of answers is named after the message that asked."""
    letter = _letter(number, people, ids)
    back = collected_id("tax_lists", f"{letter.message_id}_answers.csv", "tax.income_list_answer")
    return Sending(
        "F9",
        SENDER,
        letter,
        dues=(Due("tax", "tax.income_list", letter.message_id), Due("welfare", "welfare.income_list_answer", back)),
        answers=(("tax_lists", back),),
    )


def _letter(number: int, people: Sequence[Resident], ids: Ids) -> Publication:
    body = letters.income_list(f"ZI{number:08d}", people, _DAY, _ASKED)
    return Publication(LIST, body, BY_LIST, message_id=ids())


def _lists(city: City) -> Iterator[Sequence[Resident]]:
    """Lists without a name that cp932 lacks."""
    people = [each for each in city.residents if in_cp932(each.name)]
    return (people[at : at + PER_LIST] for at in range(0, len(people) - PER_LIST, PER_LIST))


def _unencodable(city: City, numbers: Iterator[int], ids: Ids) -> list[Sending]:
    """A name that would arrive as another one does not leave, nor do those it is listed with."""
    hard = [each for each in city.residents if not in_cp932(each.name)]
    return [
        Sending(
            "F9",
            SENDER,
            _letter(next(numbers), [city.residents[0], person], ids),
            "refused",
            code="translate.unencodable",
            dies_at="delivery.tax_lists",
        )
        for person in hard[:STUCK]
    ]
