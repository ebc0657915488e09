"""The intermediate server (中間サーバー): XML messages with a header of their own, asked by their message id."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

from connectors.http import HttpClient
from connectors.http.endpoint import Response
from connectors.http.xml import XML, reply_of
from connectors.intermediate_server import inquiry
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

OWN = "CHUKAN"  # DestinationSystemID of the own body's server (自機関向け中間サーバー)


@dataclass(frozen=True, slots=True)
class Operation:
    """POST to `path`, answered with `reply`, or with nothing; GET below it tells what became of a request.

    `asked_by`: where the text stands by which it is asked; `digested`: the part of the document whose digest the answer
    must carry; `later`: it is an inquiry.
    """

    path: str
    reply: str = ""
    asked_by: tuple[str, ...] = ("MessageHeader", "MsgId")
    digested: str = ""
    later: bool = False


OPERATIONS = {
    "intermediate_server.code_request": Operation("/code-requests", "intermediate_server.code_accepted"),
    "intermediate_server.no_auto_answer": Operation("/no-auto-answer", "intermediate_server.no_auto_answer_held"),
    # a record number that is there already may stand for other content: only the digest tells
    "intermediate_server.copy_registration": Operation(
        "/copies", "intermediate_server.copy_registered", ("Record", "RecordIdentificationNumber"), "Record"
    ),
    "intermediate_server.information_inquiry": Operation(
        "/inquiries", inquiry.RESULT, ("RecordIdentificationNumber",), later=True
    ),
    "intermediate_server.provision_answer": Operation("/provision-answers"),
    "intermediate_server.provision_denied": Operation("/provision-denials"),
    "intermediate_server.permission_list_held": Operation("/permission-lists-held"),
}
_DIGEST = re.compile(rb"<(?:\w+:)?CopyDigest>\s*([0-9a-f]{64})\s*<")


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
        if _text(operation, document, "MessageHeader", "DestinationSystemID") != OWN:
            raise Refused("deliver.rejected", "DestinationSystemID is not the own body's intermediate server (R29)")
        return Wire(operation, document, XML)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        operation = OPERATIONS[wire.operation]
        heard = (inquiry.REFUSED,) if operation.later else ()
        return _replies(wire, self._http.post(operation.path, wire.content, wire.content_type, context, heard=heard))

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        operation = OPERATIONS[wire.operation]
        asked = _text(wire.operation, wire.content, *operation.asked_by)
        answer = self._http.get(f"{operation.path}/{quote(asked, safe='')}", context)
        return None if answer is None else _replies(wire, answer)

    def close(self) -> None:
        self._http.close()


def _replies(wire: Wire, response: Response) -> Sequence[Reply]:
    """What the answer says. Raises Refused where it is about something else than what was sent."""
    operation, answer = OPERATIONS[wire.operation], response.body
    if operation.later:
        return inquiry.result(wire.content, response)
    if not operation.reply:
        return ()
    reply = reply_of(answer, operation.reply)
    if operation.digested:
        found = _DIGEST.search(answer)
        if found is None:
            raise Refused("reply.invalid", "the answer carries no digest")
        if found[1].decode() != _digest(wire, operation.digested):
            raise Refused("deliver.rejected", "the server holds other content under this レコード識別番号")
    return (reply,)


def _digest(wire: Wire, part: str) -> str:
    """SHA-256 over `name=text` and a line feed for each element of this part, in order."""
    space = f"{{urn:renkei:{wire.operation}:v1}}"
    found = ElementTree.fromstring(wire.content).find(space + part)  # noqa: S314 - written by the hub
    items = () if found is None else tuple(found)
    lines = (f"{item.tag.removeprefix(space)}={(item.text or '').strip()}\n" for item in items)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _text(operation: str, document: bytes, *path: str) -> str:
    """The text at a path of the document; empty where there is none."""
    space = f"{{urn:renkei:{operation}:v1}}"
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    return root.findtext("/".join(space + name for name in path), "").strip()


def create(settings: ConnectorSettings) -> IntermediateServer:
    """The connector of one configuration file."""
    return IntermediateServer(settings)
