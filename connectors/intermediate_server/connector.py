"""The intermediate server (中間サーバー): XML messages with a header of their own, asked by their message id."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

from connectors.http import HttpClient
from connectors.http.xml import XML, reply_of
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

OWN = "CHUKAN"  # DestinationSystemID of the own body's server (自機関向け中間サーバー)


@dataclass(frozen=True, slots=True)
class Operation:
    """POST to `path`, answered with `reply`; GET below it, by MsgId, tells what became of a request."""

    path: str
    reply: str


OPERATIONS = {
    "intermediate_server.code_request": Operation("/code-requests", "intermediate_server.code_accepted"),
    "intermediate_server.no_auto_answer": Operation("/no-auto-answer", "intermediate_server.no_auto_answer_held"),
}


class IntermediateServer:
    """Implements `hub.ports.connector.Connector`.

    It takes no idempotency key but knows what it has by MsgId, so an unanswered request is asked about.
    """

    idempotency: Idempotency = "query"

    def __init__(self, settings: ConnectorSettings) -> None:
        self._http = HttpClient(settings)

    def encode(self, operation: str, document: bytes) -> Wire:
        """Refuses a document that is meant for another server: only the own body's is talked to (S:254, R29)."""
        if operation not in OPERATIONS:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        if _header(operation, document, "DestinationSystemID") != OWN:
            raise Refused("deliver.rejected", "DestinationSystemID is not the own body's intermediate server (R29)")
        return Wire(operation, document, XML)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        operation = OPERATIONS[wire.operation]
        answer = self._http.post(operation.path, wire.content, wire.content_type, context)
        return (reply_of(answer.body, operation.reply),)

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        operation = OPERATIONS[wire.operation]
        message_id = _header(wire.operation, wire.content, "MsgId")
        answer = self._http.get(f"{operation.path}/{quote(message_id, safe='')}", context)
        return None if answer is None else (reply_of(answer.body, operation.reply),)

    def close(self) -> None:
        self._http.close()


def _header(operation: str, document: bytes, name: str) -> str:
    """One item of the message header; empty where there is none."""
    space = f"{{urn:renkei:{operation}:v1}}"
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    return root.findtext(f"{space}MessageHeader/{space}{name}", "").strip()


def create(settings: ConnectorSettings) -> IntermediateServer:
    """The connector of one configuration file."""
    return IntermediateServer(settings)
