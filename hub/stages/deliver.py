"""Deliver: the send itself, under a lease the worker has opened. Asks first where an earlier send is in doubt."""

from dataclasses import replace

from hub.exchange import Exchange
from hub.ports.connector import Reply, SendContext
from hub.services import Services


def deliver(exchange: Exchange, hub: Services) -> Exchange:
    """Raises what the connector raises. The key is the message id: the same for every attempt and replay."""
    connector = hub.connectors[exchange.name]
    message, wire = exchange.known_message(), exchange.known_wire()
    context = SendContext(message.message_id, message.correlation_id, message.traceparent)
    replies: tuple[Reply, ...] | None = None
    if exchange.prior_in_doubt and connector.idempotency == "query":
        found = connector.query(wire, context)
        replies = tuple(found) if found is not None else None
    if replies is None:
        replies = tuple(connector.send(wire, context))
    return replace(exchange, replies=replies)
