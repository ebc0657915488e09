"""The simulated application management system (申請管理システム): the table of number links, applied in order."""

from xml.etree.ElementTree import Element

from connectors.application_management.links import Links, Row
from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number
from hub.sandbox.partner_xml import Item, value

DIFFERENCES, SET = "application_management.number_links", "application_management.number_link_set"
APPLIED, WANTED = "application_management.number_links_applied", "application_management.full_set_wanted"
NUMBER = "[1-9][0-9]{0,9}"
LINK = (
    Item("certificate_serial", "[0-9A-F]{16,40}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("deleted", partner_xml.FLAG),
    Item("exclusion_key", NUMBER),
    Item("updated_at", partner_xml.TIME),
)
DIFFERENCE = (
    Item("sequence_number", NUMBER),
    Item("generated_at", partner_xml.TIME),
    Item("link", inside=LINK, most=5000),
)
FULL = (
    Item("last_sequence_number", NUMBER),
    Item("generated_at", partner_xml.TIME),
    Item("link", inside=LINK, least=0, most=50_000),
)


class ApplicationManagement:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._links = Links()

    def handle(self, request: Request) -> Answer:
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, "", "個人番号 reaches this system with an application only, never through the hub")
        match request.method, request.path:
            case "POST", "/number-links":
                return self._difference(request.body)
            case "POST", "/number-link-sets":
                return self._set(request.body)
            case "GET", path if path.startswith("/links/"):
                return self._link(path.removeprefix("/links/"))
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        assert entry.version is not None
        rows = Links.read(entry.note)
        if entry.operation == SET:
            self._links.replace(entry.version, rows)
        else:
            self._links.apply(entry.version, rows)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)

    def _difference(self, body: bytes) -> Answer:
        document = partner_xml.read(body, DIFFERENCES, "links", DIFFERENCE)
        number, rows = int(value(document, DIFFERENCES, "sequence_number")), _rows(document, DIFFERENCES)
        if number > self._links.last + 1:
            expected = ("expected_sequence_number", str(self._links.last + 1))
            gap = partner_xml.write(WANTED, "wanted", expected, ("received_sequence_number", str(number)))
            return Answer(409, gap, operation=DIFFERENCES, effect=False)
        if number <= self._links.last:
            return Answer(200, _applied(number, "contained", []), operation=DIFFERENCES, effect=False)
        changed = self._links.changed_by(rows)
        return Answer(
            200,
            _applied(number, "applied", changed),
            operation=DIFFERENCES,
            record=str(number),  # each difference happens once; their order is the version's
            version=number,
            note=Links.written(rows),
        )

    def _set(self, body: bytes) -> Answer:
        document = partner_xml.read(body, SET, "set", FULL)
        number, rows = int(value(document, SET, "last_sequence_number")), _rows(document, SET)
        if number < self._links.last:  # differences after it have been applied: it would undo them
            return Answer(200, _applied(number, "contained", []), operation=SET, effect=False)
        answer = _applied(number, "applied", rows)
        return Answer(200, answer, operation=SET, record="set", version=number, note=Links.written(rows))

    def _link(self, serial: str) -> Answer:
        """The 宛名番号 of a serial: 404 for none, 409 for several; neither may be linked without a person (R13)."""
        found = self._links.active(serial)
        if len(found) != 1:
            raise Refusal(409 if found else 404)
        return Answer(200, found[0].encode(), "text/plain")


def _rows(document: Element, operation: str) -> list[Row]:
    space = partner_xml.namespace(operation)
    rows = []
    for link in document.iter(f"{space}link"):
        serial, person, deleted, key, _updated_at = (str(child.text).strip() for child in link)
        rows.append(Row(serial, person, deleted == "1", int(key)))
    return rows


def _applied(number: int, outcome: str, changed: list[Row]) -> bytes:
    return partner_xml.write(
        APPLIED,
        "applied",
        ("sequence_number", str(number)),
        ("outcome", outcome),
        ("changed", str(len(changed))),
        ("deactivated", str(sum(row.deleted for row in changed))),
    )


def create() -> ApplicationManagement:
    """The partner without a past; the ledger brings it back."""
    return ApplicationManagement()
