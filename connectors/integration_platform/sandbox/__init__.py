"""The simulated system integration platform (システム連携基盤).

It takes resident records, assigns integrated numbers, and decides for whom there is no automatic answer.
"""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from connectors.integration_platform.sandbox import inquiries
from connectors.integration_platform.sandbox.decisions import Decisions, Measure
from connectors.integration_platform.sandbox.records import Records
from hub.sandbox import partner_xml
from hub.sandbox.numbers import integrated_number
from hub.sandbox.partner import Answer, Entry, Refusal, Request, record_digest
from hub.sandbox.partner_xml import Item, value

CHANGE = "integration_platform.resident_change"
CHANGED = "integration_platform.resident_accepted"
NUMBERING = "integration_platform.numbering_request"
ASSIGNED, REUSED = "integration_platform.numbering_assigned", "integration_platform.numbering_reused"
PERSON = (
    partner_xml.ADDRESSEE_NUMBER,
    partner_xml.INDIVIDUAL_NUMBER,
    partner_xml.NAME,
    partner_xml.NAME_KANA,
    Item("sex", "[129]"),
    partner_xml.uncertain_date("birth_date"),
    Item("address", ".{1,300}"),
    Item("entered_at", partner_xml.TIME),
)
NONRESIDENT, RECORDED = "integration_platform.nonresident", "integration_platform.nonresident_recorded"
ELSEWHERE = (
    partner_xml.ADDRESSEE_NUMBER,
    replace(partner_xml.INDIVIDUAL_NUMBER, least=0),
    Item("history_number", "[1-9][0-9]{0,9}"),
    Item("relation", "guardian|spouse|other"),
    *PERSON[2:-1],
    Item("registered_at", partner_xml.TIME),
)
MEASURE, DECIDED = "integration_platform.protection_measure", "integration_platform.no_auto_answer"
HELD = "integration_platform.no_auto_answer_held"
DATA_ITEM = Item("data_item", "TM[0-9]{14}", least=0)
ACT = (
    Item("source", "resident_registry|welfare"),
    replace(partner_xml.ADDRESSEE_NUMBER, least=0),
    DATA_ITEM,
    Item("action", "set|release"),
    Item("version", "[1-9][0-9]{0,9}"),
    Item("act_number", "[A-Z]{1,4}[0-9]{4,10}"),
    Item("decided_at", partner_xml.TIME),
    Item("effective_from", partner_xml.DATE),
)
COPY, RESOLVED = "integration_platform.provision_copy", "integration_platform.copy_resolved"
CONTENT = Item(
    "item",
    inside=(
        Item("code", "[A-Z][A-Z0-9]{2,15}"),
        Item("value", "[^<>&]{1,200}", least=0),
        Item("reason_of_null", "NotAcceptable|NotConvered", least=0),
    ),
    most=100,
)
COPIED = (
    Item("record_number", "[A-Z][A-Z0-9]{9,29}"),
    partner_xml.ADDRESSEE_NUMBER,
    replace(DATA_ITEM, least=1),
    Item("dataset", "[A-Z0-9]{4,16}"),
    Item("dataset_key", "[A-Z0-9]{1,20}"),
    Item("layout_version", "[1-9][0-9]{0,3}"),
    Item("published_from", partner_xml.DATE),
    Item("published_to", partner_xml.DATE, least=0),
    Item("region_code", "[0-9]{6}", least=0),
    Item("updated_at", partner_xml.TIME),
    Item("operation", "register|delete"),
    CONTENT,
)
STATE = (
    Item("integrated_number", "[0-9]{15}", least=0),
    DATA_ITEM,
    Item("suppressed", "true|false"),
    Item("version", "[1-9][0-9]{0,9}"),
)
_JST = timezone(timedelta(hours=9))


class IntegrationPlatform:
    """Implements `hub.sandbox.partner.Behaviour`. One number per 個人番号, for ever (R5)."""

    keyed = True

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}  # digest of 個人番号 → 団体内統合宛名番号
        self._persons: dict[str, str] = {}  # 宛名番号 → 団体内統合宛名番号
        self._decisions = Decisions()
        self._records = Records()
        self._accepted = 0

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/residents":
                return self._resident(request.body)
            case "POST", "/numbering":
                return self._numbering(request.body)
            case "POST", "/nonresidents":
                return self._nonresident(request.body)
            case "POST", "/protection-measures":
                return self._measure(request.body)
            case "POST", "/copies":
                return self._copy(request.body)
            case "POST", "/network-inquiries":
                return inquiries.resolve(request.body, self._persons)
            case "POST", "/network-results":
                return inquiries.give_back(request.body, self._persons)
            case "POST", "/provisions":
                return self._records.provide(request.body, set(self._persons.values()))
            case "POST", "/no-auto-answer-held":
                return self._held(request.body)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        match entry.operation:
            case "integration_platform.resident_change":
                self._accepted += 1
            case "integration_platform.numbering_request":
                self._number(entry.record, entry.note)
            case "integration_platform.nonresident" if entry.note:
                digest, _, note = entry.note.partition(" ")
                self._number(digest, note)
            case "integration_platform.provision_request":
                self._records.remember(entry)
            case "integration_platform.protection_measure":
                self._decisions.take(Measure.read(entry.note))

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)

    def _resident(self, body: bytes) -> Answer:
        change = partner_xml.read(body, CHANGE, "change", partner_xml.RESIDENT)
        acceptance = ("acceptance_number", f"RA{self._accepted + 1:010d}")
        return Answer(
            200,
            partner_xml.write(CHANGED, "change", acceptance, *change),
            operation=CHANGE,
            record=value(change, CHANGE, "addressee_number"),
            version=int(value(change, CHANGE, "history_number")),
        )

    def _numbering(self, body: bytes) -> Answer:
        person = partner_xml.read(body, NUMBERING, "person", PERSON)
        individual_number = value(person, NUMBERING, "individual_number")
        answer, note = self._numbered(value(person, NUMBERING, "addressee_number"), individual_number)
        return Answer(200, answer, operation=NUMBERING, record=individual_number, note=note)

    def _nonresident(self, body: bytes) -> Answer:
        person = partner_xml.read(body, NONRESIDENT, "nonresident", ELSEWHERE)
        addressee, individual_number = (value(person, NONRESIDENT, each.name) for each in ELSEWHERE[:2])
        version = int(value(person, NONRESIDENT, "history_number"))
        if not individual_number:  # recorded, and nothing numbered
            answer = partner_xml.write(RECORDED, "recorded", ("addressee_number", addressee), ("decided_at", _now()))
            return Answer(200, answer, operation=NONRESIDENT, record=addressee, version=version)
        answer, note = self._numbered(addressee, individual_number)
        note = f"{record_digest(individual_number)} {note}"
        return Answer(200, answer, operation=NONRESIDENT, record=addressee, version=version, note=note)

    def _numbered(self, addressee: str, individual_number: str) -> tuple[bytes, str]:
        """The answer to whoever brings this 個人番号, and what to remember: it has a number, or gets one."""
        known = self._numbers.get(record_digest(individual_number))
        number = known or integrated_number(individual_number)
        if known is None and number in self._persons.values():
            raise Refusal(409)  # would be two persons' (R5)
        answer = partner_xml.write(
            REUSED if known else ASSIGNED,
            "numbering",
            ("addressee_number", addressee),
            ("integrated_number", number),
            ("decided_at", _now()),
        )
        return answer, f"{addressee}/{number}"

    def _number(self, digest: str, note: str) -> None:
        addressee, number = note.split("/")
        self._numbers[digest] = self._persons[addressee] = number

    def _measure(self, body: bytes) -> Answer:
        act = partner_xml.read(body, MEASURE, "measure", ACT)
        texts = [value(act, MEASURE, item.name) for item in ACT]
        source, addressee, item, action, version, act_number = texts[:6]
        number = self._persons.get(addressee, "")
        if not (addressee or item):
            raise Refusal(422, MEASURE)
        if addressee and not number:
            raise Refusal(409, MEASURE)  # found by 宛名番号 or not at all (R9); nobody without a number has a flag
        measure = Measure(source, addressee, number, item, action, int(version), act_number)
        if not self._decisions.takes(measure):
            raise Refusal(409, MEASURE)
        suppressed, decision = self._decisions.after(measure)
        answer = partner_xml.write(
            DECIDED,
            "decision",
            *((("addressee_number", addressee), ("integrated_number", number)) if addressee else ()),
            *((("data_item", item),) if item else ()),
            ("suppressed", "true" if suppressed else "false"),
            ("version", str(decision)),
            ("act_number", act_number),
            ("decided_at", _now()),
        )
        return Answer(
            200, answer, operation=MEASURE, record=measure.name, version=measure.version, note=measure.written()
        )

    def _copy(self, body: bytes) -> Answer:
        copy = partner_xml.read(body, COPY, "copy", COPIED)
        addressee, number, *content = list(copy)[1], value(copy, COPY, "record_number"), *list(copy)[2:]
        integrated = self._persons.get(value(copy, COPY, "addressee_number"))
        if integrated is None:
            raise Refusal(409, COPY)  # found by 宛名番号 or not at all (R9)
        answer = partner_xml.write(
            RESOLVED, "copy", ("record_number", number), addressee, ("integrated_number", integrated), *content
        )
        record = "/".join(
            value(copy, COPY, each) for each in ("addressee_number", "data_item", "dataset", "dataset_key")
        )
        updated = datetime.fromisoformat(value(copy, COPY, "updated_at"))
        version = int(updated.timestamp() * 1_000_000)
        return Answer(200, answer, operation=COPY, record=record, version=version)

    def _held(self, body: bytes) -> Answer:
        held = partner_xml.read(body, HELD, "held", STATE)
        number, item, suppressed, version = (value(held, HELD, each.name) for each in STATE)
        if not (number or item):
            raise Refusal(422, HELD)
        if self._decisions.contradicts((number, item), suppressed == "true", int(version)):
            raise Refusal(409, HELD)
        return Answer(operation=HELD, record=f"{number}/{item}", version=int(version))


def _now() -> str:
    return datetime.now(_JST).isoformat(timespec="seconds")


def create() -> IntegrationPlatform:
    """The partner without a past; the ledger brings it back."""
    return IntegrationPlatform()
