"""Files for a partner: one per message, under a name made of the message's key, and a receipt for each.

A receipt is one line of ASCII: `OK <SHA-256 of the file>` when the partner has it, `NG` when it refuses it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from connectors.file_drop.folders import Folders, content_of, place, reached
from hub.errors import Pending, Refused
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

CSV = "text/csv; charset=cp932"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_RECEIPT = 200


class FileDropConnector:
    """Implements `hub.ports.connector.Connector` from a table: contract type → document to content.

    Idempotent by key, as far as the partner is: the name of the file is the key. It must know a name it has taken, and
    keep its receipt until the message cannot come again. A file whose receipt is there is not dropped a second time.
    """

    idempotency: Idempotency = "key"

    def __init__(self, settings: ConnectorSettings, operations: Mapping[str, Callable[[bytes], bytes]]) -> None:
        self._folders = Folders(settings.url)
        self._operations = operations

    def encode(self, operation: str, document: bytes) -> Wire:
        found = self._operations.get(operation)
        if found is None:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        return Wire(operation, found(document), CSV)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        """Drop the file, unless its receipt is there; Pending until it is.

        A receipt that does not say OK is taken away as it is believed or not, so that a replay drops the file anew.
        """
        name = file_name(context)
        with reached():
            receipt = content_of(self._folders.receipts / name, _LONGEST_RECEIPT)
            if receipt is None:
                place(self._folders.to_partner, name, wire.content)
                raise Pending("the file lies there, and there is no receipt yet")
            if receipt.rstrip(b"\r\n") == f"OK {hashlib.sha256(wire.content).hexdigest()}".encode():
                return ()
            (self._folders.receipts / name).unlink(missing_ok=True)
        if receipt.rstrip(b"\r\n") == b"NG":
            raise Refused("deliver.rejected", "the partner refused the file")
        raise Refused("reply.invalid", "the receipt is not that of this file")

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        raise AssertionError("idempotent by key: never asked")

    def close(self) -> None:
        """Nothing is open."""


def file_name(context: SendContext) -> str:
    """Unique, the same at every attempt, and without personal data: the id of the first message and the key."""
    if not (_ID.fullmatch(context.correlation_id) and _ID.fullmatch(context.key)):
        raise Refused("deliver.rejected", "the message's ids are no UUIDs, so they make no file name")
    return f"{context.correlation_id}_{context.key}.csv"
