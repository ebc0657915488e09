"""A simulated office of another programme to which records are transferred (移転): it takes its own item alone."""

from datetime import UTC, datetime

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value


class Receiver:
    """Implements `hub.sandbox.partner.Behaviour`. `item`: of the ordinance's table 2, the office's own."""

    keyed = True

    def __init__(self, office: str, item: str) -> None:
        self._transfer, self._receipt = f"{office}.transfer", f"{office}.receipt"
        self._content = (
            Item("transfer_number", "[0-9A-Z]{8,20}"),
            partner_xml.ADDRESSEE_NUMBER,
            Item("record_version", "[1-9][0-9]{0,9}"),
            Item("legal_basis", "ordinance-19-11"),
            Item("ordinance_item", item),
            Item("status", "applied|receiving|ended"),
            Item("valid_from", partner_xml.DATE, least=0),
            Item("valid_until", partner_xml.DATE, least=0),
            Item("transferred_at", partner_xml.TIME),
        )
        self._newest: dict[str, int] = {}  # digest of the addressee number → version

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/transfers"):
            raise Refusal(404)
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, self._transfer, "個人番号 is no part of a transfer (table 1.0)")
        document = partner_xml.read(request.body, self._transfer, "transfer", self._content)
        number, person, version = (value(document, self._transfer, item.name) for item in self._content[:3])
        if int(version) < self._newest.get(record_digest(person), 0):
            raise Refusal(409, self._transfer)
        answer = partner_xml.write(
            self._receipt,
            "receipt",
            ("transfer_number", number),
            ("addressee_number", person),
            ("received_at", datetime.now(UTC).isoformat(timespec="seconds")),
        )
        return Answer(200, answer, operation=self._transfer, record=person, version=int(version))

    def remember(self, entry: Entry) -> None:
        if entry.version is not None:
            self._newest[entry.record] = max(entry.version, self._newest.get(entry.record, 0))

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)
