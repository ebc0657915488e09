"""The usual shape of a partner over HTTP: one POST per operation, safe to repeat under the same Idempotency-Key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.http.client import HttpClient
from connectors.http.xml import XML, about, reply_of
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

_CONFLICT = 409  # the state of the partner's record does not allow it


@dataclass(frozen=True, slots=True)
class Operation:
    """`encode`: document → content. `replies`: (what was sent, the answer) → its replies. Both may raise Refused.

    `objection`: (what was sent, the answer) → what a 409 means here; without it, it is a refusal like any other.
    """

    path: str
    content_type: str
    encode: Callable[[bytes], bytes]
    replies: Callable[[bytes, bytes], Sequence[Reply]]
    objection: Callable[[bytes, bytes], Refused] | None = None


def xml_operation(
    path: str,
    *replies: str,
    echoes: Sequence[str] = (),
    objection: Callable[[bytes, bytes], Refused] | None = None,
) -> Operation:
    """The document goes out as it is; the answer is a document of one of these types. None: it says nothing.

    `echoes`: elements the answer must repeat as they were sent, see `connectors.http.xml.about`; `objection`: see
    `Operation`.
    """

    def read(sent: bytes, answer: bytes) -> Sequence[Reply]:
        if not replies:
            return ()
        found = reply_of(answer, *replies)
        about(sent, answer, echoes)
        return (found,)

    return Operation(path, XML, lambda document: document, read, objection)


class KeyedConnector:
    """Implements `hub.ports.connector.Connector` from a table: contract type → operation."""

    idempotency: Idempotency = "key"

    def __init__(self, settings: ConnectorSettings, operations: Mapping[str, Operation]) -> None:
        self._http = HttpClient(settings)
        self._operations = operations

    def encode(self, operation: str, document: bytes) -> Wire:
        found = self._operations.get(operation)
        if found is None:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        return Wire(operation, found.encode(document), found.content_type)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        operation = self._operations[wire.operation]
        heard = () if operation.objection is None else (_CONFLICT,)
        answer = self._http.post(operation.path, wire.content, wire.content_type, context, heard=heard)
        if operation.objection is not None and answer.status == _CONFLICT:
            raise operation.objection(wire.content, answer.body)
        return operation.replies(wire.content, answer.body)

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        raise AssertionError("idempotent by key: never asked")

    def close(self) -> None:
        self._http.close()
