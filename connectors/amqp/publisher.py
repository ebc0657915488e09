"""Messages for a partner that reads a queue: published, routed, and confirmed by the broker, or an error that says so.

no connection, no such queue (returned), no right → Unavailable  deliver.unavailable  nothing was queued
queue full (nack)                                 → Retryable    deliver.throttled    nothing was queued
connection lost or no confirm in time             → InDoubt      deliver.in_doubt     it may be queued
larger than the broker takes                      → Refused      deliver.rejected     it will never be queued

A confirm says that the broker has the message on disk on most of its nodes, not that the partner has read it: what the
partner makes of it comes back as a message of its own, through the partner's door.
"""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from connectors.amqp.line import Line
from hub.errors import ConfigError, Refused, RenkeiError
from hub.ports.connector import ConnectorSettings, Idempotency, Reply, SendContext, Wire

SEALED = "application/jose"


class AmqpConnector:
    """Implements `hub.ports.connector.Connector` from a table: contract type → document to content.

    Idempotent by key as far as the partner is: the key is the message's `message_id`, the same at every attempt, and
    the partner must drop one it has worked on. The broker itself does not.

    Needs `options.queue`. A send ends within `connect_timeout` + `read_timeout`; each send under way has a connection
    of its own, kept for the next one.
    """

    idempotency: Idempotency = "key"

    def __init__(self, settings: ConnectorSettings, operations: Mapping[str, Callable[[bytes], bytes]]) -> None:
        queue = settings.options.get("queue")
        if not queue:
            raise ConfigError(f"connector {settings.name}: [options] names no queue")
        self._queue, self._operations, self._settings = queue, operations, settings
        self._addresses = itertools.cycle(settings.url.split())
        self._lock = threading.Lock()
        self._idle: list[Line] = []

    def encode(self, operation: str, document: bytes) -> Wire:
        found = self._operations.get(operation)
        if found is None:
            raise Refused("deliver.rejected", f"{operation} is no operation of this connector")
        return Wire(operation, found(document), "application/xml")

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        if self._settings.seal is not None:
            wire = replace(wire, content=self._settings.seal(wire.content, context.key), content_type=SEALED)
        line = self._line()
        try:
            line.publish(self._queue, wire, context)
        except RenkeiError:
            line.drop()  # after a return, a nack or a loss nobody knows what it still has to say
            raise
        with self._lock:
            self._idle.append(line)
        return ()

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        raise AssertionError("idempotent by key: never asked")

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _line(self) -> Line:
        """One that is free and still there, or a new one. Raises Unavailable."""
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
                address = next(self._addresses)
            if line is None:
                settings = self._settings
                return Line(address, settings.connect_timeout, settings.read_timeout, settings.tls)
            if line.is_there():
                return line
            line.drop()
