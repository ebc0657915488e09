"""What the simulated platform provides for inquiries: of everybody it has numbered, values made up from a digest."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta, timezone

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal
from hub.sandbox.partner_xml import Content, Item, namespace, value

ASKED, CONTENT = "integration_platform.provision_request", "integration_platform.provision_content"
INQUIRY = (
    Item("processing_number", "SY[0-9]{14}"),
    Item("inquirer", "[0-9]{16}"),
    Item("procedure", "JT[0-9A-Z]{14}"),
    Item("data_item", "TM[0-9]{14}"),
    Item("integrated_number", "[0-9]{15}"),
    Item("item_code", "[A-Z][A-Z0-9]{2,15}", most=100),
)
HELD = {"TM00000000000002": ("ZEI001", "ZEI003")}  # 地方税関係情報: what there are values for
EMPTY = {"TM00000000000002": ("ZEI002",)}  # and what is known to be empty
_JST = timezone(timedelta(hours=9))


class Records:
    """One answer per 処理通番."""

    def __init__(self) -> None:
        self._asked: dict[str, str] = {}  # 処理通番 → who was asked about, and for what

    def provide(self, body: bytes, persons: Collection[str]) -> Answer:
        """`persons`: the 団体内統合宛名番号 there are. Raises Refusal 409 for others, 422 for other data items."""
        inquiry = partner_xml.read(body, ASKED, "inquiry", INQUIRY)
        number, item, person = (
            value(inquiry, ASKED, name) for name in ("processing_number", "data_item", "integrated_number")
        )
        if item not in HELD:
            raise Refusal(422, ASKED)
        codes = [(each.text or "").strip() for each in inquiry.iterfind(f"{namespace(ASKED)}item_code")]
        note = f"{number} {person}/{item}/{'+'.join(codes)}"
        if person not in persons or self._asked.get(number, note) != note:
            raise Refusal(409, ASKED)
        answer = partner_xml.write(
            CONTENT,
            "content",
            ("processing_number", number),
            ("data_item", item),
            ("integrated_number", person),
            *(("item", (("code", code), _said(person, item, code))) for code in codes),
            ("answered_at", datetime.now(_JST).isoformat(timespec="seconds")),
        )
        return Answer(200, answer, operation=ASKED, record=number, note=note)

    def remember(self, entry: Entry) -> None:
        self._asked[entry.note.partition(" ")[0]] = entry.note


def _said(person: str, item: str, code: str) -> Content:
    if code in HELD[item]:
        drawn = hashlib.sha256(f"{person} {code}".encode()).digest()
        return "value", f"{int.from_bytes(drawn[:4]) % 100}00"
    return "reason_of_null", "NotAcceptable" if code in EMPTY[item] else "NotConvered"
