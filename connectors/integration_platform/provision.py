"""What the platform provides for an inquiry: exactly what was asked for, about exactly that person (R27)."""

from collections.abc import Sequence
from xml.etree import ElementTree

from connectors.http.keyed import Operation
from connectors.http.xml import XML, about, reply_of
from hub.errors import Refused
from hub.ports.connector import Reply

REPLY = "integration_platform.provision_content"
ECHOES = ("processing_number", "integrated_number", "data_item")


def read(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """Refuses `reply.invalid` an answer about somebody else, with an item too many, or with one missing."""
    found = reply_of(answer, REPLY)
    about(sent, answer, ECHOES)
    if _texts(sent, "{*}item_code") != _texts(answer, "{*}item/{*}code"):
        raise Refused("reply.invalid", "the items are not those that were asked for")
    return (found,)


def _texts(document: bytes, path: str) -> list[str]:
    root = ElementTree.fromstring(document)  # noqa: S314 - `about` has refused document types
    return sorted((each.text or "").strip() for each in root.iterfind(path))


PROVISION = Operation("/provisions", XML, lambda document: document, read)
