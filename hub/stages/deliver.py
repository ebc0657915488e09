"""Deliver: the send itself, under a lease the worker has opened. Asks first where an earlier send is in doubt."""

import time
from functools import partial

from hub.errors import Late
from hub.exchange import Exchange
from hub.frozen import changed
from hub.ports.connector import Reply, SendContext
from hub.services import Services


def deliver(exchange: Exchange, hub: Services) -> Exchange:
    """Raises Late, and what the connector raises. The key is the message id: the same for every attempt and replay."""
    connector = hub.connectors[exchange.name]
    message, wire = exchange.known_message(), exchange.known_wire()

    def attachment(digest: str) -> bytes:
        return hub.attachments.open(message.correlation_id, digest)

    answered = partial(hub.metrics.answered, exchange.name)
    context = partial(SendContext, message.message_id, message.correlation_id, attachment=attachment, answered=answered)
    replies: tuple[Reply, ...] | None = None
    if exchange.prior_in_doubt and connector.idempotency == "query":
        _in_time(exchange)
        with exchange.calling("query") as traceparent:
            found = connector.query(wire, context(traceparent=traceparent))
        replies = tuple(found) if found is not None else None
    if replies is None:
        _in_time(exchange)
        with exchange.calling("send") as traceparent:
            replies = tuple(connector.send(wire, context(traceparent=traceparent)))
    return changed(exchange, replies=replies)


def _in_time(exchange: Exchange) -> None:
    """A process that was stopped meanwhile (suspended machine, swap) must not send: others have long gone on."""
    if exchange.send_by is not None and time.monotonic() > exchange.send_by:
        raise Late("deliver.late", "the process stood still while it held the lease")
