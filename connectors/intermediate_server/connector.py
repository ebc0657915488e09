"""The intermediate server (中間サーバー): XML messages with a header of their own, asked by their message id."""

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree import ElementTree

from connectors.http import HttpClient
from connectors.http.xml import XML, reply_of
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

PATH = "/code-requests"
OPERATION = "intermediate_server.code_request"
REPLY = "intermediate_server.code_accepted"
_MESSAGE_ID = f"{{urn:renkei:{OPERATION}:v1}}MessageHeader/{{urn:renkei:{OPERATION}:v1}}MsgId"


class IntermediateServer:
    """Implements `hub.ports.connector.Connector`.

    It takes no idempotency key but knows what it has by MsgId, so an unanswered request is asked about.
    """

    idempotency: Idempotency = "query"

    def __init__(self, settings: ConnectorSettings) -> None:
        self._http = HttpClient(settings)

    def encode(self, operation: str, document: bytes) -> Wire:
        if operation != OPERATION:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        return Wire(operation, document, XML)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        answer = self._http.post(PATH, wire.content, wire.content_type, context)
        return (reply_of(answer.body, REPLY),)

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        message_id = ElementTree.fromstring(wire.content).findtext(_MESSAGE_ID, "").strip()  # noqa: S314 - written by the hub
        answer = self._http.get(f"{PATH}/{quote(message_id, safe='')}", context)
        return None if answer is None else (reply_of(answer.body, REPLY),)

    def close(self) -> None:
        self._http.close()


def create(settings: ConnectorSettings) -> IntermediateServer:
    """The connector of one configuration file."""
    return IntermediateServer(settings)
