"""The simulated system integration platform (システム連携基盤): takes resident records, assigns integrated numbers."""

from datetime import datetime, timedelta, timezone

from hub.sandbox import partner_xml
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
_FIRST = 700_000_000_000  # far from any 宛名番号 of the synthetic city
_JST = timezone(timedelta(hours=9))


class IntegrationPlatform:
    """Implements `hub.sandbox.partner.Behaviour`. One number per 個人番号, for ever (R5)."""

    keyed = True

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}  # digest of 個人番号 → 団体内統合宛名番号
        self._accepted = 0

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/residents":
                return self._resident(request.body)
            case "POST", "/numbering":
                return self._numbering(request.body)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == CHANGE:
            self._accepted += 1
        else:
            self._numbers[entry.record] = entry.note

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
        known = self._numbers.get(record_digest(individual_number))
        number = known or f"{_FIRST + len(self._numbers) + 1:015d}"
        answer = partner_xml.write(
            REUSED if known else ASSIGNED,
            "numbering",
            ("addressee_number", value(person, NUMBERING, "addressee_number")),
            ("integrated_number", number),
            ("decided_at", datetime.now(_JST).isoformat(timespec="seconds")),
        )
        return Answer(200, answer, operation=NUMBERING, record=individual_number, note=number)


def create() -> IntegrationPlatform:
    """The partner without a past; the ledger brings it back."""
    return IntegrationPlatform()
