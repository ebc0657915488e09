"""What the simulated intermediate server checks of the answers to other bodies."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from connectors.intermediate_server.sandbox import copies
from hub.sandbox.partner import Refusal
from hub.sandbox.partner_xml import Item, namespace, value

ANSWER, DENIED = "intermediate_server.provision_answer", "intermediate_server.provision_denied"
LIST_HELD = "intermediate_server.permission_list_held"
NUMBER = Item("ProcessingNumber", "SY[0-9]{14}")
CONTENT = (
    Item("ItemCode", "[A-Z][A-Z0-9]{2,15}"),
    Item("Value", "[^<>&]{1,200}", least=0),
    Item("ReasonOfNull", "NotAcceptable|NotConvered|NotDisclosed", least=0),
)
PROVIDED = (
    NUMBER,
    Item("SpecificPersonalInformationCode", "TM[0-9]{14}"),
    Item("IntegratedAddressNumber", "[0-9]{15}"),
    Item("Item", inside=CONTENT, most=100),
)
REFUSED = (NUMBER, Item("MsgResult", "1"))
HELD = (Item("ListVersion", "[1-9][0-9]{0,8}"), Item("Combinations", "[0-9]{1,7}"))


def of(body: bytes) -> tuple[str, str, str, Sequence[Item]]:
    """(operation, root, MsgTypeId, content) of what came."""
    if b"provisionDenied" in body:
        return DENIED, "provisionDenied", "IF_TKY_DENIED", REFUSED
    return ANSWER, "provisionAnswer", "IF_TKY_ANSWER", PROVIDED


def check(answer: Element) -> None:
    """Raises Refusal 422: an item that is not provided (R28), or neither or both of value and reason."""
    if value(answer, ANSWER, "SpecificPersonalInformationCode") not in copies.PROVIDED:
        raise Refusal(422, ANSWER, "a data item that is not provided may not reach another body (R28)")
    for item in answer.iterfind(f"{namespace(ANSWER)}Item"):
        if len(item) != len(CONTENT) - 1:
            raise Refusal(422, ANSWER)
