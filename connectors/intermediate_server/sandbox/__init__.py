"""The simulated intermediate server (中間サーバー): takes code requests, flags against answers, copies."""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element

from connectors.intermediate_server.sandbox import copies, provision
from connectors.intermediate_server.sandbox.flags import Flag, Flags
from connectors.intermediate_server.sandbox.network import INQUIRY, Network
from hub.sandbox import partner_xml
from hub.sandbox.partner import XML, Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Content, Item, value

REQUEST, ACCEPTED = "intermediate_server.code_request", "intermediate_server.code_accepted"
FLAG, HELD = "intermediate_server.no_auto_answer", "intermediate_server.no_auto_answer_held"
COPY, COPIED = "intermediate_server.copy_registration", "intermediate_server.copy_registered"
OWN, PLATFORM = "CHUKAN", "RENKEI"
NUMBER = Item("IntegratedAddressNumber", "[0-9]{15}")
FLAG_ITEMS = (
    Item("IntegratedAddressNumber", "[0-9]{15}", least=0),
    Item("SpecificPersonalInformationCode", "TM[0-9]{14}", least=0),
    Item("NoAutoAnswerFlag", partner_xml.FLAG),
    Item("FlagVersion", "[1-9][0-9]{0,9}"),
    Item("ActNumber", "[A-Z]{1,4}[0-9]{4,10}"),
)
RECORD = (
    Item("RecordIdentificationNumber", "[A-Z][A-Z0-9]{9,29}"),
    NUMBER,
    Item("SpecificPersonalInformationCode", "TM[0-9]{14}"),
    Item("DataSetIdentificationItemCode", "[A-Z0-9]{4,16}"),
    Item("DataSetRecordKey", "[A-Z0-9]{1,20}"),
    Item("SPIMajorVersion", "[1-9][0-9]{0,3}"),
    Item("PublicationDate", partner_xml.DATE),
    Item("PublishedEndDate", partner_xml.DATE, least=0),
    Item("AdministrativeRegionCode", "[0-9]{6}", least=0),
    Item("DuplicateCopyData"),
    Item("SegmentOfRegistrationDelete", "[12]"),
)
SOURCE = (Item("RequestSourceUnitCode", "[A-Z0-9]{1,20}"), Item("RequestSourceUserID", "[A-Z0-9]{1,20}"))
COPY_ITEMS = (Item("RequestSource", inside=SOURCE), Item("Record", inside=RECORD))


class IntermediateServer:
    """Implements `hub.sandbox.partner.Behaviour`. Takes no key: it knows requests by MsgId, copies by record number."""

    keyed = False

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], str] = {}  # operation and digest of what it is known by → the answer
        self._copies: dict[str, str] = {}  # digest of レコード識別番号 → digest of the record
        self._requested: dict[str, str] = {}  # 団体内統合宛名番号 → digest of the MsgId that asked for its code
        self._flags = Flags()
        self._answered: dict[str, str] = {}  # digest of 処理通番 → digest of the MsgId of its one answer
        self._network = Network()
        self._work: dict[str, tuple[str, Callable[[bytes], Answer]]] = {
            "/code-requests": (REQUEST, self._request),
            "/no-auto-answer": (FLAG, self._flag),
            "/copies": (COPY, self._copy),
            "/provision-answers": (provision.ANSWER, self._provided),
            "/provision-denials": (provision.DENIED, self._provided),
            "/permission-lists-held": (provision.LIST_HELD, self._list_held),
        }

    def handle(self, request: Request) -> Answer:
        if request.method == "POST" and request.path in self._work:
            operation, work = self._work[request.path]
            if names_individual_number(request.body.decode(errors="replace")):
                raise Refusal(422, operation, "個人番号 may not reach the intermediate server (R3)")
            return work(request.body)
        if request.path.startswith("/inquiries"):
            return self._network.handle(request, self._requested)
        path, _, known_by = request.path.rpartition("/")
        if request.method == "GET" and path in self._work:
            known = self._answers.get((self._work[path][0], record_digest(known_by)))
            if known is not None:
                return Answer(200, known.encode())
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == INQUIRY:
            self._network.remember(entry)
            return
        known_by, _, rest = entry.note.partition(" ")
        self._answers[entry.operation, known_by] = entry.answer
        if entry.operation == REQUEST:
            self._requested[rest] = known_by
        elif entry.operation == COPY:
            self._copies[known_by] = rest
        elif entry.operation == FLAG:
            self._flags.take(Flag.read(rest))
        elif rest:
            self._answered[rest] = known_by

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)

    def _request(self, body: bytes) -> Answer:
        asked, message_id = _read(body, REQUEST, "codeRequest", "IF_FGU_REQUEST", (NUMBER,))
        number, digest = value(asked, REQUEST, "IntegratedAddressNumber"), record_digest(message_id)
        if self._requested.get(number, digest) != digest:
            raise Refusal(409, REQUEST)  # asked for under another MsgId (R6)
        serial = ("ProcessingNumber", f"SY{len(self._requested) + 1:014d}")
        return self._answer(
            REQUEST, ACCEPTED, "codeAccepted", message_id, message_id, None, number,
            _header(f"FGR{number}", "IF_FGU_RESULT"), ("IntegratedAddressNumber", number), serial,
        )  # fmt: skip

    def _flag(self, body: bytes) -> Answer:
        asked, message_id = _read(body, FLAG, "noAutoAnswer", "IF_TKY_FLAG_SET", FLAG_ITEMS)
        number, item, on, version, act = (value(asked, FLAG, each.name) for each in FLAG_ITEMS)
        if not (number or item):
            raise Refusal(422, FLAG)
        flag = Flag(number, item, on == "1", int(version), act)
        if (FLAG, record_digest(message_id)) not in self._answers and not self._flags.takes(flag):
            raise Refusal(409, FLAG)
        target = [(each.name, value(asked, FLAG, each.name)) for each in FLAG_ITEMS[:2]]
        return self._answer(
            FLAG, HELD, "noAutoAnswerHeld", message_id, flag.target, flag.version, flag.written(),
            _header(f"NAR{message_id.removeprefix('NAA')}", "IF_TKY_FLAG_RESULT"),
            *(each for each in target if each[1]), ("NoAutoAnswerFlag", on), ("FlagVersion", version),
        )  # fmt: skip

    def _copy(self, body: bytes) -> Answer:
        asked, _message_id = _read(body, COPY, "copyRegistration", "IF_DBM_20113_R01", COPY_ITEMS)
        texts = [(each.name, value(asked, COPY, "Record", each.name)) for each in RECORD]
        record = dict(texts)
        data_item, number = record["SpecificPersonalInformationCode"], record["RecordIdentificationNumber"]
        if record["DataSetIdentificationItemCode"] not in copies.PROVIDED.get(data_item, ()):
            raise Refusal(422, COPY, "a data item that is not provided may not reach the intermediate server (R28)")
        if not copies.sound(record["DuplicateCopyData"]):
            raise Refusal(422, COPY)
        if record["IntegratedAddressNumber"] not in self._requested:
            raise Refusal(409, COPY)  # 符号が未取得です
        digest = copies.digest([(name, text) for name, text in texts if text])
        if self._copies.get(record_digest(number), digest) != digest:
            raise Refusal(409, COPY)  # 「レコード識別番号」が既に存在しています, with other content
        return self._answer(
            COPY, COPIED, "copyRegistered", number, number, None, digest,
            _header(f"DBR{number}", "IF_DBM_20113_R01"), ("MsgResult", "0"),
            ("RecordIdentificationNumber", number), ("CopyDigest", digest),
        )  # fmt: skip

    def _provided(self, body: bytes) -> Answer:
        """What another body gets: values, or no. Each inquiry has one answer."""
        operation, root, kind, items = provision.of(body)
        asked, message_id = _read(body, operation, root, kind, items)
        if operation == provision.ANSWER:
            provision.check(asked)
        number = value(asked, operation, "ProcessingNumber")
        inquiry, answer = record_digest(number), record_digest(message_id)
        if self._answered.get(inquiry, answer) != answer:
            raise Refusal(409, operation)
        return self._taken(operation, answer, number, inquiry)

    def _list_held(self, body: bytes) -> Answer:
        held, message_id = _read(body, provision.LIST_HELD, "permissionListHeld", "IF_TKY_LIST_HELD", provision.HELD)
        version = value(held, provision.LIST_HELD, "ListVersion")
        return self._taken(provision.LIST_HELD, record_digest(message_id), f"list {version}", "")

    def _taken(self, operation: str, known_by: str, record: str, note: str) -> Answer:
        """Taken without an answer; the same message again changes nothing."""
        effect = (operation, known_by) not in self._answers
        return Answer(204, b"", XML, operation, effect, record, None, f"{known_by} {note}")

    def _answer(
        self, operation: str, reply: str, root: str, known_by: str, record: str, version: int | None, note: str,
        *content: Content,
    ) -> Answer:  # fmt: skip
        """The answer to a message; what was answered before to the same one comes again, and nothing else happens."""
        digest = record_digest(known_by)
        before = self._answers.get((operation, digest))
        body = partner_xml.write(reply, root, *content) if before is None else before.encode()
        effect = before is None
        return Answer(200, body, XML, operation, effect, record, version, f"{digest} {note}")


def _read(body: bytes, operation: str, root: str, kind: str, items: Sequence[Item]) -> tuple[Element, str]:
    """The document and its MsgId, if it is one of these and meant for this server (R29)."""
    header = Item(
        "MessageHeader",
        inside=(
            Item("MsgId", "[A-Z0-9]{5,60}"),
            Item("MsgTypeId", kind),
            Item("MsgMode", partner_xml.FLAG),
            Item("SourceSystemID", PLATFORM),
            Item("DestinationSystemID", OWN),
        ),
    )
    asked = partner_xml.read(body, operation, root, (header, *items))
    return asked, value(asked, operation, "MessageHeader", "MsgId")


def _header(message_id: str, kind: str) -> Content:
    return "MessageHeader", (
        ("MsgId", message_id), ("MsgTypeId", kind), ("MsgMode", "0"),
        ("SourceSystemID", OWN), ("DestinationSystemID", PLATFORM),
    )  # fmt: skip


def create() -> IntermediateServer:
    """The partner without a past; the ledger brings it back."""
    return IntermediateServer()
