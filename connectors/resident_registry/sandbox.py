"""The simulated resident registry (住民記録システム) as a receiver: 処理通番, and what becomes of its number links."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value

NOTICE = "resident_registry.processing_number"
APPLIED, WANTED = "resident_registry.number_links_applied", "resident_registry.full_set_request"
CONTENT = (Item("integrated_number", "[0-9]{15}"), Item("processing_number", "[0-9A-Z]{10,20}"))
NUMBER, COUNT = "[1-9][0-9]{0,9}", "0|[1-9][0-9]{0,6}"
ACKNOWLEDGED = (
    Item("sequence_number", NUMBER),
    Item("outcome", "applied|contained"),
    Item("changed", COUNT),
    Item("deactivated", COUNT),
)
ASKED = (Item("expected_sequence_number", NUMBER), Item("received_sequence_number", NUMBER))


class ResidentRegistry:
    """Implements `hub.sandbox.partner.Behaviour`. Knows which of its differences are acknowledged."""

    keyed = True

    def __init__(self) -> None:
        self._acknowledged: set[str] = set()  # digests of sequence numbers

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/processing-numbers":
                notice = self._read(request.body, NOTICE, "processing", CONTENT)
                return Answer(operation=NOTICE, record=value(notice, NOTICE, "integrated_number"))
            case "POST", "/number-links-applied":
                return self._applied(request.body)
            case "POST", "/full-set-requests":
                return self._wanted(request.body)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == APPLIED:
            self._acknowledged.add(entry.record)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer  # it never says anything

    def _applied(self, body: bytes) -> Answer:
        applied = self._read(body, APPLIED, "applied", ACKNOWLEDGED)
        changed, deactivated = (int(value(applied, APPLIED, name)) for name in ("changed", "deactivated"))
        if deactivated > changed:
            raise Refusal(422, APPLIED)
        number = value(applied, APPLIED, "sequence_number")
        return Answer(operation=APPLIED, effect=record_digest(number) not in self._acknowledged, record=number)

    def _wanted(self, body: bytes) -> Answer:
        wanted = self._read(body, WANTED, "request", ASKED)
        expected, received = (int(value(wanted, WANTED, item.name)) for item in ASKED)
        if expected >= received:  # that is no gap
            raise Refusal(422, WANTED)
        return Answer(operation=WANTED, record=str(received))

    def _read(self, body: bytes, operation: str, root: str, content: Sequence[Item]) -> Element:
        if names_individual_number(body.decode(errors="replace")):
            raise Refusal(422, operation, "個人番号 is no part of a notice to the registry (R3)")
        return partner_xml.read(body, operation, root, content)


def create() -> ResidentRegistry:
    """The partner without a past; the ledger brings it back."""
    return ResidentRegistry()
