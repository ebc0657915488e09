"""The simulated application management system (申請管理システム): links in order, applications, records, cases."""

from datetime import datetime, timedelta, timezone
from xml.etree.ElementTree import Element

from connectors.application_management.comparisons import Comparisons
from connectors.application_management.links import Links, Row
from hub.sandbox import applications, partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_applications import APPLICATION, Applications, held
from hub.sandbox.partner_xml import Item, value

DIFFERENCES, SET = "application_management.number_links", "application_management.number_link_set"
APPLIED, WANTED = "application_management.number_links_applied", "application_management.full_set_wanted"
RECORD, CLOSING = "application_management.registered_record", "application_management.registration_closing"
MATCHED, MISMATCHED = "application_management.matched", "application_management.mismatched"
DECIDED = "application_management.closing_decided"
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
CASE = (Item("reception_number", "[0-9]{16}"), Item("record_version", NUMBER))
COMPARED = (
    Item("applicant_name", ".{1,100}"),
    Item("child_name", ".{1,100}"),
    Item("child_name_kana", ".{1,100}"),
    Item("child_birth_date", partner_xml.DATE),
    Item("child_address", ".{1,300}"),
    Item("health_insurer_number", "[0-9]{6}|[0-9]{8}"),
    Item("insured_mark", ".{1,40}"),
)
REGISTERED = (CASE[0], partner_xml.ADDRESSEE_NUMBER, CASE[1], Item("registered_at", partner_xml.TIME), *COMPARED)
ASKED = (*CASE, Item("asked_at", partner_xml.TIME))
_JST = timezone(timedelta(hours=9))


class ApplicationManagement:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._links = Links()
        self._comparisons = Comparisons()
        self._applications = Applications(self._links.active)

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) == ("POST", "/applications"):
            return self._applications.handle(request.body)
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, "", "個人番号 reaches this system with an application only, never through the hub")
        match request.method, request.path:
            case "POST", "/number-links":
                return self._difference(request.body)
            case "POST", "/number-link-sets":
                return self._set(request.body)
            case "POST", "/registered-records":
                return self._compare(request.body)
            case "POST", "/registration-closings":
                return self._close(request.body)
            case "GET", path if path.startswith("/links/"):
                return self._link(path.removeprefix("/links/"))
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == APPLICATION:
            self._applications.remember(entry)
            return
        assert entry.version is not None
        match entry.operation:
            case "application_management.number_link_set":
                self._links.replace(entry.version, Links.read(entry.note))
            case "application_management.number_links":
                self._links.apply(entry.version, Links.read(entry.note))
            case "application_management.registered_record":
                self._comparisons.compared(entry.record, entry.version, entry.note)
            case _:
                self._comparisons.close(entry.record)

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

    def _compare(self, body: bytes) -> Answer:
        """Item by item, to the character; a mismatch names the items and not what stands in them (R19)."""
        document = partner_xml.read(body, RECORD, "record", REGISTERED)
        number, version = value(document, RECORD, "reception_number"), int(value(document, RECORD, "record_version"))
        if not applications.is_one(number):
            raise Refusal(422, RECORD)
        if self._applications.is_history(number):
            return _superseded(number, RECORD)
        # names keep the white space around them, if somebody wrote it
        record = {item.name: document.findtext(partner_xml.namespace(RECORD) + item.name, "") for item in COMPARED}
        content = record_digest("\n".join(record.values()))
        known = self._comparisons.case(record_digest(number))
        repeated = known is not None and (version, content) == (known.version, known.content)
        if known is not None and not repeated and (known.closed or version <= known.version):
            raise Refusal(409, RECORD)  # closed, stale, or the same version with other content
        differing = Comparisons.differing(record, applications.written(number))
        answer = partner_xml.write(
            MISMATCHED if differing else MATCHED,
            "comparison",
            ("reception_number", number),
            ("record_version", str(version)),
            *(("item", item) for item in differing),
            ("compared_at", _now()),
        )
        new = known is None or version > known.version
        note = Comparisons.written(content, differing)
        return Answer(200, answer, operation=RECORD, effect=new, record=number, version=version, note=note)

    def _close(self, body: bytes) -> Answer:
        document = partner_xml.read(body, CLOSING, "closing", ASKED)
        number, version = value(document, CLOSING, "reception_number"), int(value(document, CLOSING, "record_version"))
        if self._applications.is_history(number):
            return _superseded(number, CLOSING)
        reason = self._comparisons.refusal(record_digest(number), version)
        case = self._comparisons.case(record_digest(number))
        answer = partner_xml.write(
            DECIDED,
            "decision",
            ("reception_number", number),
            ("record_version", str(version)),
            ("outcome", "refused" if reason else "closed"),
            *([("reason", reason)] if reason else []),
            ("decided_at", _now()),
        )
        new = reason is None and case is not None and not case.closed
        return Answer(200, answer, operation=CLOSING, effect=new, record=number, version=version)


def _superseded(number: str, operation: str) -> Answer:
    """Nothing of a case goes on whose application was replaced (R18)."""
    return Answer(409, held(number, "application.superseded"), operation=operation, effect=False)


def _now() -> str:
    return datetime.now(_JST).isoformat(timespec="seconds")


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
