"""Medical institutions (医療機関システム): answers in the XML of オンライン資格確認 (F18)."""

from collections.abc import Sequence
from xml.etree import ElementTree

from connectors.http import KeyedConnector, Operation
from connectors.http.xml import XML, parsed
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Reply

PATH = "/responses"  # one for both answers
IDENTIFIER = "ArbitraryFileIdentifier"


def encode(document: bytes) -> bytes:
    """The document without our namespace, which the published layout does not have."""
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    for element in root.iter():
        element.tag = element.tag.partition("}")[2]
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """None: nobody waits for the receipt. Raises Refused `reply.invalid` when it is not one for what was sent."""
    try:
        receipt = parsed(answer)
    except ValueError as error:
        raise Refused("reply.invalid", f"the receipt cannot be read: {error}") from None
    if (receipt.tag, [each.tag for each in receipt]) != ("Receipt", [IDENTIFIER]):
        raise Refused("reply.invalid", "not a receipt")
    asked = ElementTree.fromstring(sent)  # noqa: S314 - written by the hub
    if receipt.findtext(IDENTIFIER) != asked.findtext(f"MessageHeader/{IDENTIFIER}"):
        raise Refused("reply.invalid", f"{IDENTIFIER}: not what was sent")
    return ()


OPERATIONS = {
    "medical_institution.entitlements": Operation(PATH, XML, encode, replies),
    "medical_institution.no_entitlement": Operation(PATH, XML, encode, replies),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
