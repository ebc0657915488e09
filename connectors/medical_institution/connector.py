"""Medical institutions (医療機関システム): answers in the XML of オンライン資格確認 (F18)."""

from collections.abc import Sequence
from xml.etree import ElementTree

from connectors.http import KeyedConnector, Operation
from connectors.http.xml import XML
from hub.ports.connector import ConnectorSettings, Reply

PATH = "/responses"  # one for both answers


def encode(document: bytes) -> bytes:
    """The document without our namespace, which the published layout does not have."""
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    for element in root.iter():
        element.tag = element.tag.partition("}")[2]
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _nothing(_sent: bytes, _answer: bytes) -> Sequence[Reply]:
    return ()


OPERATIONS = {
    "medical_institution.entitlements": Operation(PATH, XML, encode, _nothing),
    "medical_institution.no_entitlement": Operation(PATH, XML, encode, _nothing),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
