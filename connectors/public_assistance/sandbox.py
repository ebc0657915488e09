"""The simulated public assistance system (生活保護システム): who was on assistance on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value

INQUIRY, ANSWER = "public_assistance.inquiry", "public_assistance.answer"
CONTENT = (
    Item("inquiry_number", "[0-9A-Z]{8,20}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("reference_date", partner_xml.DATE),
    Item("legal_basis", "ordinance-(9-2|19-11)"),
    Item("asked_at", partner_xml.TIME),
)
_SHARE = 0.15  # of the persons who were ever on assistance: far more than in earnest, so that the demo sees some
_FIRST, _DAYS = date(2018, 4, 1), 3000
_JST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Period:
    """Assistance from one day to another, both included; `ended_on` None: it goes on."""

    started_on: date
    ended_on: date | None

    def covers(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day <= self.ended_on)


def register(addressee_number: str) -> list[Period]:
    """What this office knows of a person, none for most. The same person has the same past every time."""
    rng = Random(f"public-assistance-{addressee_number}")
    if rng.random() >= _SHARE:
        return []
    started = _FIRST + timedelta(days=rng.randrange(_DAYS))
    ended = started + timedelta(days=rng.randrange(30, 1500)) if rng.random() < 0.5 else None
    return [Period(started, ended)]


def _told(periods: list[Period], day: date) -> list[tuple[str, str]]:
    for period in periods:
        if period.covers(day):
            end = [] if period.ended_on is None else [("ended_on", period.ended_on.isoformat())]
            return [("receiving", "1"), ("started_on", period.started_on.isoformat()), *end]
    return [("receiving", "0")]


class PublicAssistance:
    """Implements `hub.sandbox.partner.Behaviour`. An inquiry number stands for one question, for ever."""

    keyed = True

    def __init__(self) -> None:
        self._asked: dict[str, str] = {}  # digest of the inquiry number → digest of whom and which day it was about

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/inquiries"):
            raise Refusal(404)
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, INQUIRY, "個人番号 is no part of an inquiry by 宛名番号 (S:78)")
        asked = partner_xml.read(request.body, INQUIRY, "inquiry", CONTENT)
        number, person, day = (value(asked, INQUIRY, item.name) for item in CONTENT[:3])
        try:
            reference = date.fromisoformat(day)
        except ValueError:
            raise Refusal(422, INQUIRY) from None
        question = record_digest(f"{person}/{day}")
        known = self._asked.get(record_digest(number))
        if known not in (None, question):
            raise Refusal(409, INQUIRY)
        answer = partner_xml.write(
            ANSWER,
            "answer",
            ("inquiry_number", number),
            ("addressee_number", person),
            ("reference_date", day),
            *_told(register(person), reference),
            ("answered_at", datetime.now(_JST).isoformat(timespec="seconds")),
        )
        return Answer(200, answer, operation=INQUIRY, effect=known is None, record=number, note=question)

    def remember(self, entry: Entry) -> None:
        self._asked[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)


def create() -> PublicAssistance:
    """The partner without a past; the ledger brings it back."""
    return PublicAssistance()
