"""What the simulated platform does about inquiries (F10): one number for the other, on the way out and back (R9)."""

from collections.abc import Mapping

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Refusal
from hub.sandbox.partner_xml import Item, value

INQUIRY, RESOLVED = "integration_platform.network_inquiry", "integration_platform.network_inquiry_resolved"
RESULT, GIVEN_BACK = "integration_platform.network_result", "integration_platform.network_result_resolved"
RECORD = Item("record_number", "[A-Z][A-Z0-9]{9,29}")
ASKED = (
    RECORD,
    partner_xml.ADDRESSEE_NUMBER,
    Item("procedure", "JT[0-9A-Z]{14}"),
    Item("provider", "[0-9]{16}"),
    Item("data_item", "TM[0-9]{14}"),
    Item("fiscal_year", "[0-9]{4}"),
)
SAID = (RECORD, Item("integrated_number", "[0-9]{15}"), *partner_xml.PROVIDED)


def resolve(body: bytes, persons: Mapping[str, str]) -> Answer:
    """`persons`: 宛名番号 → 団体内統合宛名番号. Raises Refusal 409 for somebody without a number."""
    asked = partner_xml.read(body, INQUIRY, "inquiry", ASKED)
    integrated = persons.get(value(asked, INQUIRY, "addressee_number"))
    if integrated is None:
        raise Refusal(409, INQUIRY)
    record, addressee, *rest = list(asked)
    answer = partner_xml.write(RESOLVED, "inquiry", record, addressee, ("integrated_number", integrated), *rest)
    return Answer(200, answer, operation=INQUIRY, record=value(asked, INQUIRY, "record_number"))


def give_back(body: bytes, persons: Mapping[str, str]) -> Answer:
    """As `resolve`, the other way round: nobody has two 宛名番号 here that somebody asks about."""
    said = partner_xml.read(body, RESULT, "result", SAID)
    number = value(said, RESULT, "integrated_number")
    known = sorted(addressee for addressee, integrated in persons.items() if integrated == number)
    if not known:
        raise Refusal(409, RESULT)
    record, _integrated, *rest = list(said)
    answer = partner_xml.write(GIVEN_BACK, "result", record, ("addressee_number", known[0]), *rest)
    return Answer(200, answer, operation=RESULT, record=value(said, RESULT, "record_number"))
