"""The simulated tax system (税務システム): what it knows of people on a day, told one by one or for a list."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from random import Random

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value

WIRES = ("queue", "files")
INQUIRY, ANSWER, LIST = "tax.income_inquiry", "tax.income_answer", "tax.income_list"
CONTENT = (
    Item("inquiry_number", "[A-Z]{2}[0-9]{8,10}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("fiscal_year", "20[0-9]{2}"),
    Item("reference_date", partner_xml.DATE),
    Item("legal_basis", "ordinance-(9-2|19-11)"),
    Item("asked_at", partner_xml.TIME),
)
ITEMS = ("total_income", "income_levy", "per_capita_levy", "dependants")
UNKNOWN = {"elsewhere": "2", "abroad": "3", "no_record": "9"}
_JST = timezone(timedelta(hours=9))
_PURPOSE = "child-medical.examination"  # what it answers for, as granted


def known(addressee_number: str, year: str) -> str | tuple[int, int, int, int]:
    """Income, 所得割, 均等割 and dependants of a person in a year, or why they are unknown; the same every time."""
    rng = Random(f"tax-{addressee_number}-{year}")
    drawn = rng.random()
    for share, reason in ((0.10, "elsewhere"), (0.13, "abroad"), (0.18, "no_record")):
        if drawn < share:
            return reason
    dependants = rng.randrange(4)
    if drawn < 0.20:
        return 2_000_000, 1_000 * rng.randrange(1, 90), 0, dependants  # 所得割 without 均等割: an error of the data
    if drawn < 0.35:
        return 300_000, 0, 0, dependants
    if drawn < 0.50:
        return 1_350_000, 0, 5_000, dependants
    return 3_000_000 + 10_000 * rng.randrange(500), 1_000 * rng.randrange(1, 400), 5_000, dependants


class Tax:
    """Implements `hub.sandbox.partner.Behaviour`. A number of an inquiry or list stands for one question, for ever."""

    keyed = True

    def __init__(self) -> None:
        self._asked: dict[str, str] = {}  # digest of the number → digest of what was asked

    def handle(self, request: Request) -> Answer:
        match request.path:
            case "/queue":
                return self._inquiry(request.body)
            case "/files":
                return self._list(request)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        self._asked[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer  # its receipts are spoilt where they are written

    def _inquiry(self, body: bytes) -> Answer:
        if names_individual_number(body.decode(errors="replace")):
            raise Refusal(422, INQUIRY, "個人番号 is no part of an inquiry by 宛名番号 (S:78)")
        asked = partner_xml.read(body, INQUIRY, "inquiry", CONTENT)
        number, person, year, day = (value(asked, INQUIRY, item.name) for item in CONTENT[:4])
        _day(day, INQUIRY)
        question = record_digest(f"{person}/{year}/{day}")
        new = self._is_new(number, question, INQUIRY)
        found = known(person, year)
        told = (
            ("unknown", found)
            if isinstance(found, str)
            else ("levy", [(name, str(amount)) for name, amount in zip(ITEMS, found, strict=True)])
        )
        answer = partner_xml.write(
            ANSWER,
            "answer",
            ("inquiry_number", number),
            ("addressee_number", person),
            ("fiscal_year", year),
            ("reference_date", day),
            told,
            ("answered_at", _now()),
        )
        return Answer(200, answer, f"{ANSWER}; {_PURPOSE}", INQUIRY, new, record=number, note=question)

    def _list(self, request: Request) -> Answer:
        """By its own reading of the file: counts and the total over the numbers must be right, or none is taken."""
        try:
            lines = list(csv.reader(io.StringIO(request.body.decode("cp932"), newline=""), strict=True))
            (mark, number, year, day, basis, count), *people, (end, persons, total) = lines
            numbers = [person for _mark, _line, person, _name in people]
        except (ValueError, csv.Error):
            raise Refusal(422, LIST) from None
        if names_individual_number(request.body.decode("cp932")):
            raise Refusal(422, LIST, "個人番号 is no part of an inquiry by 宛名番号 (S:78)")
        right = (mark, end) == ("H", "T") and all(line[0] == "D" and len(line[2]) == 15 for line in people)
        right = right and int(count) == int(persons) == len(people) and basis in ("1", "2")
        if not right or sum(int(one) for one in numbers) % 10**8 != int(total):
            raise Refusal(422, LIST)
        _day(f"{day[:4]}-{day[4:6]}-{day[6:]}", LIST)
        question = record_digest("/".join([year, day, *numbers]))
        new = self._is_new(number, question, LIST)
        answers = {f"{request.correlation_id}_answers.csv": _answers(number, year, day, numbers)}
        return Answer(200, operation=LIST, effect=new, record=number, note=question, lays_out=answers)

    def _is_new(self, number: str, question: str, operation: str) -> bool:
        before = self._asked.get(record_digest(number))
        if before not in (None, question):
            raise Refusal(409, operation)
        return before is None


def _answers(number: str, year: str, day: str, people: Sequence[str]) -> bytes:
    lines = [["H", number, year, day, _now()]]
    levies = [0, 0]
    for position, person in enumerate(people, start=1):
        found = known(person, year)
        if isinstance(found, str):
            lines.append(["D", str(position), person, UNKNOWN[found], "", "", "", ""])
        else:
            lines.append(["D", str(position), person, "1", *map(str, found)])
            levies = [levies[0] + found[1], levies[1] + found[2]]
    lines.append(["T", str(len(people)), *map(str, levies)])
    return "".join(",".join(line) + "\r\n" for line in lines).encode("cp932")


def _day(text: str, operation: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Refusal(422, operation) from None


def _now() -> str:
    return datetime.now(_JST).isoformat(timespec="seconds")


def create() -> Tax:
    """The partner without a past; the ledger brings it back."""
    return Tax()
