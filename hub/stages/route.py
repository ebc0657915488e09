"""Route: one output per target of every route of the canonical type. What is only noted here has none."""

from collections.abc import Sequence
from dataclasses import replace

from hub.errors import Refused
from hub.exchange import Exchange, Output
from hub.message import Message, output_id
from hub.registry import Route
from hub.services import Services


def route(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `route.none`. Output ids are derived, so a redelivery makes the same ones (promise 1)."""
    message = exchange.known_message()
    routes = hub.registry.routes(message.type, message.version)
    if not routes:
        raise Refused("route.none", f"{message.type} version {message.version} has no route")
    body = exchange.known_document().serialise()
    key = _sequence_key(exchange, routes, hub)
    outputs = tuple(
        Output(
            hop=f"delivery.{target.connector}",
            queue=hub.registry.lane(message.type, message.version, target.connector, exchange.known_document()),
            message=Message(
                message_id=output_id(hub.tenant, message.source, message.message_id, route.name, target.connector),
                type=message.type,
                version=message.version,
                source=message.source,
                correlation_id=message.correlation_id,
                body=body,
                causation_id=message.message_id,
                purpose=message.purpose,
                traceparent=message.traceparent,
                sequenced=key is not None and target.ordering == "sequence",
            ),
            digest=exchange.digest,
            sequence_key=key if target.ordering == "sequence" else None,
        )
        for route in routes
        for target in route.targets
    )
    return replace(exchange, outputs=outputs)


def _sequence_key(exchange: Exchange, routes: Sequence[Route], hub: Services) -> str | None:
    """The record whose messages keep their order, as a keyed hash; None when no target asks for it."""
    if not any(target.ordering == "sequence" for route in routes for target in route.targets):
        return None
    key = exchange.known_contract().facts(exchange.known_document()).state_key
    return None if key is None else hub.sealer.state_key(key)
