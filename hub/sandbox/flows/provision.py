"""F12: inquiries of other bodies. What the list permits is answered, exactly; anything else is told no.

An inquiry about a protected person waits for two people (R23, R25, R27, R28).
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
from hub.sandbox.inquiries import CHILD_MEDICAL, INQUIRER, LONG_AGO, Inquiry
from hub.sandbox.judge import Due, Effect
from hub.sandbox.numbers import integrated_number
from hub.sandbox.report import Expectation

SENDER, STRANGER = "intermediate_server", "welfare"
PURPOSE, LIST_PURPOSE = "network.provision", "network.permissions"
ASKED = ("integration_platform", "integration_platform.provision_request")
ANSWERED = ("intermediate_server", "intermediate_server.provision_answer")
DENIED = ("intermediate_server", "intermediate_server.provision_denied")
LIST_HELD = ("intermediate_server", "intermediate_server.permission_list_held")
PROTECTED = 2  # persons
NOT_PERMITTED = (
    {"inquirer": "0027100000000000"},
    {"provider": "0014100000000000"},
    {"item": CHILD_MEDICAL},
    {"route": "NWS9"},
    {"licence_until": LONG_AGO},
    {"licence_for": 0},
)


class Provision:
    """Every inquiry has one answer: what was asked for, or no."""

    id = "F12"
    name = "情報提供 provision"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        serials, people = count(1), _own(city)
        left = share.normal + share.stale - 1 - len(NOT_PERMITTED) - 2 * PROTECTED
        persons = [next(people) for _ in range(max(1, left // 4))]
        asked = islice(cycle(persons), left - len(persons))
        sent = [self._sending(Inquiry(next(serials), _number(one)), ids, ASKED, ANSWERED) for one in asked]
        denied = [
            self._sending(replace(Inquiry(next(serials), _number(persons[0])), **wrong), ids, DENIED)
            for wrong in NOT_PERMITTED
        ]
        spare = lambda: _letter(Inquiry(next(serials), _number(persons[0])), ids)  # noqa: E731 - read once, below
        return [
            first_list(self.id, 2, ids),
            *(numbering.known(self.id, one, ids) for one in persons),
            *sent,
            *denied,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *mischief.refused(self.id, SENDER, STRANGER, spare, ids, share.refused),
            *self._protected([next(people) for _ in range(PROTECTED)], serials, ids),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        told = {
            place: {each.correlation_id for each in effects if (each.partner, each.operation) == place}
            for place in (ANSWERED, DENIED)
        }
        barred = {each.publication.message_id for each in own if any(_at(due, DENIED) for due in each.dues)}
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero(f"what is not permitted ({len(barred)}) got no content", len(barred & told[ANSWERED])),
                Expectation.zero("no inquiry was told both", len(told[ANSWERED] & told[DENIED])),
            ],
        )

    def _sending(self, inquiry: Inquiry, ids: Ids, *places: tuple[str, str]) -> Sending:
        letter = _letter(inquiry, ids)
        dues = tuple(Due(*place, letter.message_id, inquiry.number) for place in places)
        return Sending(self.id, SENDER, letter, dues=dues)

    def _protected(self, people: Sequence[Resident], serials: Iterator[int], ids: Ids) -> list[Sending]:
        """Two people let one answer go; the others are refused."""
        asked = [
            replace(
                self._sending(Inquiry(next(serials), _number(one)), ids, ASKED, ANSWERED),
                wave=2,
                protects=one.addressee_number,
            )
            for one in people
        ]
        held = [replace(each, fate="held", dues=each.dues[:1]) for each in asked[1:]]
        return [*(numbering.known(self.id, one, ids) for one in people), asked[0], *held]


def first_list(flow: str, version: int, ids: Ids) -> Sending:
    """Without a list nothing is permitted."""
    body = inquiries.permission_list(version, [INQUIRER])
    letter = Publication(inquiries.LIST, body, LIST_PURPOSE, message_id=ids())
    due = Due(*LIST_HELD, letter.message_id, f"list {version}")
    return Sending(flow, SENDER, letter, dues=(due,), wave=0)


def _letter(inquiry: Inquiry, ids: Ids) -> Publication:
    return Publication(inquiries.ASKED, inquiries.letter(inquiry), PURPOSE, message_id=ids())


def _number(resident: Resident) -> str:
    return integrated_number(resident.individual_number)


def _own(city: City) -> Iterator[Resident]:
    """Residents no other flow numbers or protects: F14 takes those from the middle on, F13 the last."""
    return islice(city.residents, 3 * len(city.residents) // 4, None)


def _at(due: Due, place: tuple[str, str]) -> bool:
    return (due.partner, due.operation) == place
