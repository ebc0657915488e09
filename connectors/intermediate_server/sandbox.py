"""The simulated intermediate server (中間サーバー): one processing number (処理通番) per request for a code."""

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest
from hub.sandbox.partner_xml import Item, value

REQUEST = "intermediate_server.code_request"
ACCEPTED = "intermediate_server.code_accepted"
PATH = "/code-requests"
HEADER = Item(
    "MessageHeader",
    inside=(
        Item("MsgId", "[A-Z0-9]{5,40}"),
        Item("MsgTypeId", "IF_FGU_REQUEST"),
        Item("MsgMode", partner_xml.FLAG),
        Item("SourceSystemID", "[A-Z]{2,10}"),
        Item("DestinationSystemID", "CHUKAN"),
    ),
)


class IntermediateServer:
    """Implements `hub.sandbox.partner.Behaviour`. Takes no key: it knows a request by its MsgId."""

    keyed = False

    def __init__(self) -> None:
        self._accepted: dict[str, str] = {}  # digest of MsgId → the answer
        self._requested: dict[str, str] = {}  # 団体内統合宛名番号 → digest of the MsgId that asked for it

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/code-requests":
                return self._request(request.body)
            case "GET", path if path.startswith(f"{PATH}/"):
                return self._known(path.removeprefix(f"{PATH}/"))
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        self._accepted[entry.record] = entry.answer
        self._requested[entry.note] = entry.record

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)

    def _known(self, message_id: str) -> Answer:
        answer = self._accepted.get(record_digest(message_id))
        if answer is None:
            raise Refusal(404)
        return Answer(200, answer.encode())

    def _request(self, body: bytes) -> Answer:
        if names_individual_number(body.decode(errors="replace")):
            raise Refusal(422, REQUEST, "個人番号 may not reach the intermediate server (R3)")
        asked = partner_xml.read(body, REQUEST, "codeRequest", (HEADER, Item("IntegratedAddressNumber", "[0-9]{15}")))
        message_id = value(asked, REQUEST, "MessageHeader", "MsgId")
        number = value(asked, REQUEST, "IntegratedAddressNumber")
        record = record_digest(message_id)
        if self._requested.get(number, record) != record:
            raise Refusal(409, REQUEST)  # asked for under another MsgId (R6)
        before = self._accepted.get(record)
        answer = self._answer(number).decode() if before is None else before
        return Answer(200, answer.encode(), operation=REQUEST, effect=before is None, record=message_id, note=number)

    def _answer(self, number: str) -> bytes:
        header = (
            ("MsgId", f"FGR{number}"),
            ("MsgTypeId", "IF_FGU_RESULT"),
            ("MsgMode", "0"),
            ("SourceSystemID", "CHUKAN"),
            ("DestinationSystemID", "RENKEI"),
        )
        return partner_xml.write(
            ACCEPTED,
            "codeAccepted",
            ("MessageHeader", header),
            ("IntegratedAddressNumber", number),
            ("ProcessingNumber", f"SY{len(self._accepted) + 1:014d}"),
        )


def create() -> IntermediateServer:
    """The partner without a past; the ledger brings it back."""
    return IntermediateServer()
