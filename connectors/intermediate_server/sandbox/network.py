"""The simulated national network behind the intermediate server (情報提供ネットワークシステム), and the bodies it asks.

An inquiry is taken at once and answered later: after a moment, or, where the other body's flag is set (自動応答不可),
when a person there has looked, which takes longer. Who is asked about decides, by a digest.
"""

import hashlib
import time
from collections.abc import Container
from dataclasses import dataclass

from hub.sandbox import partner_xml
from hub.sandbox.partner import XML, Answer, Entry, Refusal, Request
from hub.sandbox.partner_xml import Item, value

INQUIRY, RESULT, REFUSED = (
    "intermediate_server.information_inquiry",
    "intermediate_server.information_result",
    "intermediate_server.information_refused",
)
PERMITTED = frozenset({("JT00000000000046", "TM00000000000002")})  # 事務手続 and 特定個人情報, of the server's own list
HEADER = Item(
    "MessageHeader",
    inside=(
        Item("MsgId", "[A-Z0-9]{5,60}"),
        Item("MsgTypeId", "IF_SKI_REQUEST"),
        Item("MsgMode", partner_xml.FLAG),
        Item("SourceSystemID", "RENKEI"),
        Item("DestinationSystemID", "CHUKAN"),
    ),
)
ASKED = (
    HEADER,
    Item("RecordIdentificationNumber", "[A-Z][A-Z0-9]{9,29}"),
    Item("IntegratedAddressNumber", "[0-9]{15}"),
    Item("ProcedureCode", "JT[0-9A-Z]{14}"),
    Item("ProviderCode", "[0-9]{16}"),
    Item("SpecificPersonalInformationCode", "TM[0-9]{14}"),
    Item("FiscalYear", "[0-9]{4}"),
)
SOON, LATER = 0.5, 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Inquiry:
    """As it was taken. `at`: seconds since 1970."""

    number: str
    provider: str
    item: str
    at: float

    @property
    def flagged(self) -> bool:
        """A person of the other body looks first, about one in four."""
        return _drawn(self.number, self.provider) % 4 == 0

    @property
    def answered(self) -> bool:
        return time.time() >= self.at + (LATER if self.flagged else SOON)


class Network:
    """By レコード識別番号."""

    def __init__(self) -> None:
        self._taken: dict[str, Inquiry] = {}

    def handle(self, request: Request, coded: Container[str]) -> Answer:
        """`coded`: 団体内統合宛名番号 of those whose code has been asked for. Raises Refusal."""
        if request.method == "GET":
            return self._told(request.path.rpartition("/")[2])
        if request.method != "POST" or request.path != "/inquiries":
            raise Refusal(404)
        asked = partner_xml.read(request.body, INQUIRY, "informationInquiry", ASKED)
        record, number, procedure, provider, item = (value(asked, INQUIRY, each.name) for each in ASKED[1:6])
        if record in self._taken:
            raise Refusal(409, INQUIRY, "a second inquiry under one レコード識別番号 may not be sent (R33)")
        if (procedure, item) not in PERMITTED:
            return _refused("NOT_PERMITTED", "指定された特定個人情報名の照会は許可されていません。")
        if number not in coded:
            return _refused("CODE_NOT_OBTAINED", "指定された団体内統合宛名番号は符号が未取得です。")
        return Answer(202, b"", XML, INQUIRY, record=record, note=f"{record} {number} {provider} {item}")

    def remember(self, entry: Entry) -> None:
        record, number, provider, item = entry.note.split(" ")
        self._taken[record] = Inquiry(number, provider, item, entry.at)

    def _told(self, record: str) -> Answer:
        inquiry = self._taken.get(record)
        if inquiry is None:
            raise Refusal(404)
        if not inquiry.answered:
            return Answer(202)
        amount = f"{_drawn(inquiry.number, 'ZEI001') % 100}00"
        second = "NotDisclosed" if inquiry.flagged else "NotAcceptable"
        return Answer(
            200,
            partner_xml.write(
                RESULT,
                "informationResult",
                (
                    "MessageHeader",
                    (
                        ("MsgId", f"SKR{record}"),
                        ("MsgTypeId", "IF_SKI_RESULT"),
                        ("MsgMode", "0"),
                        ("SourceSystemID", "CHUKAN"),
                        ("DestinationSystemID", "RENKEI"),
                    ),
                ),
                ("RecordIdentificationNumber", record),
                ("IntegratedAddressNumber", inquiry.number),
                ("ProviderCode", inquiry.provider),
                ("SpecificPersonalInformationCode", inquiry.item),
                ("InquiryStatus", "01"),
                ("Item", (("ItemCode", "ZEI001"), ("Value", amount))),
                ("Item", (("ItemCode", "ZEI002"), ("ReasonOfNull", second))),
            ),
        )


def _refused(code: str, message: str) -> Answer:
    body = partner_xml.write(REFUSED, "informationRefused", ("ErrorCode", code), ("ErrorMessage", message))
    return Answer(409, body, XML, INQUIRY, effect=False)


def _drawn(*of: str) -> int:
    return int.from_bytes(hashlib.sha256("/".join(of).encode()).digest()[:4])
