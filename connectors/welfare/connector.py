"""The welfare information system (福祉総合情報システム): XML over HTTP."""

from collections.abc import Sequence

from connectors.http import HttpClient
from connectors.http.xml import reply_of
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

XML = "application/xml; charset=utf-8"
# operation → path, and the replies its answer may be
OPERATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "welfare.resident_change": ("/messages/resident-change", ()),
    "welfare.numbering_result": ("/messages/numbering-result", ()),
    "welfare.eligibility_result": ("/messages/eligibility-result", ()),
}


class Welfare:
    """Implements `hub.ports.connector.Connector`."""

    idempotency: Idempotency = "key"

    def __init__(self, settings: ConnectorSettings) -> None:
        self._http = HttpClient(settings)

    def encode(self, operation: str, document: bytes) -> Wire:
        if operation not in OPERATIONS:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        return Wire(operation, document, XML)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        path, replies = OPERATIONS[wire.operation]
        answer = self._http.post(path, wire.content, wire.content_type, context)
        return (reply_of(answer.body, *replies),) if replies else ()

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        raise AssertionError("idempotent by key: never asked")

    def close(self) -> None:
        self._http.close()


def create(settings: ConnectorSettings) -> Welfare:
    """The connector of one configuration file."""
    return Welfare(settings)
