"""The simulated health insurance system (医療保険システム): who was insured on a day, and where."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random

from hub.sandbox import numbers, partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value

INQUIRY, ANSWER = "health_insurance.inquiry", "health_insurance.answer"
CONTENT = (
    Item("inquiry_number", "[0-9A-Z]{8,20}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("reference_date", partner_xml.DATE),
    Item("legal_basis", "ordinance-(9-2|19-11)"),
    Item("asked_at", partner_xml.TIME),
)
_NATIONAL = numbers.with_luhn("14130")  # 国保: six digits
_OTHERS = tuple(numbers.with_luhn(each) for each in ("0114130", "0614131", "3114132"))  # invented, with true digits
_FIRST, _DAYS = date(2019, 4, 1), 2000
_JST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Insurance:
    """One insurance of a person, from 資格取得 to 資格喪失 (the first day without it); None: it goes on."""

    insurer: str
    mark: str
    acquired_on: date
    lost_on: date | None

    def covers(self, day: date) -> bool:
        return self.acquired_on <= day and (self.lost_on is None or day < self.lost_on)


def register(addressee_number: str) -> list[Insurance]:
    """What this office knows of a person: an insurance, and for some another before it, or none."""
    rng = Random(f"health-insurance-{addressee_number}")
    if rng.random() < 0.05:
        return []
    acquired, mark = _FIRST + timedelta(days=rng.randrange(_DAYS)), f"{rng.randrange(100)}-{rng.randrange(10**6):06d}"
    if rng.random() < 0.6:
        return [Insurance(rng.choice(_OTHERS), mark, acquired, None)]
    left = acquired + timedelta(days=rng.randrange(30, 700))
    return [Insurance(rng.choice(_OTHERS), mark, acquired, left), Insurance(_NATIONAL, f"N{mark}", left, None)]


def _told(insurances: list[Insurance], day: date) -> list[tuple[str, str]]:
    for one in insurances:
        if one.covers(day):
            end = [] if one.lost_on is None else [("lost_on", one.lost_on.isoformat())]
            number = [("health_insurer_number", one.insurer), ("insured_mark", one.mark)]
            return [("qualification", "1"), *number, ("acquired_on", one.acquired_on.isoformat()), *end]
    return [("qualification", "2")]


class HealthInsurance:
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


def create() -> HealthInsurance:
    """The partner without a past; the ledger brings it back."""
    return HealthInsurance()
