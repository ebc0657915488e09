"""Route: one output per target of every route of the canonical type, or one per item where the route says so.

What is only noted here has none.
"""

from collections.abc import Iterator

from hub.documents import Document
from hub.errors import Refused
from hub.exchange import Exchange, Output
from hub.frozen import changed
from hub.message import Message, output_id
from hub.registry import Target
from hub.services import Services


def route(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `route.none`. Output ids are derived, so a redelivery makes the same ones (promise 1)."""
    message = exchange.known_message()
    routes = hub.registry.routes(message.type, message.version)
    if not routes:
        raise Refused("route.none", f"{message.type} version {message.version} has no route")
    whole = exchange.known_document().serialise()
    outputs = tuple(
        _output(exchange, hub, f"{route.name}{item}", target, document, body)
        for route in routes
        for target in route.targets
        for item, document, body in _documents(exchange, target, whole)
    )
    return changed(exchange, outputs=outputs)


def _documents(exchange: Exchange, target: Target, whole: bytes) -> Iterator[tuple[str, Document, bytes]]:
    """The document itself, or its items with the number of each: a part of the id of what is made of it."""
    document, items = exchange.known_document(), exchange.known_contract().items if target.each else None
    if items is None:
        yield "", document, whole
    else:
        yield from ((f"/{number}", each, each.serialise()) for number, each in enumerate(items.each(document)))


def _output(exchange: Exchange, hub: Services, path: str, target: Target, document: Document, body: bytes) -> Output:
    message = exchange.known_message()
    key = _sequence_key(exchange, document, hub) if target.ordering == "sequence" else None
    within = exchange.known_contract().due_within
    return Output(
        hop=f"delivery.{target.connector}",
        queue=hub.registry.lane(message.type, message.version, target.connector, document),
        message=Message(
            message_id=output_id(hub.tenant, message.source, message.message_id, path, target.connector),
            type=message.type,
            version=message.version,
            source=message.source,
            correlation_id=message.correlation_id,
            body=body,
            causation_id=message.message_id,
            purpose=message.purpose,
            traceparent=exchange.traceparent,
            accepted_at=exchange.started_at,
            published_as=message.published_as,
            sequenced=key is not None,
        ),
        digest=exchange.digest,
        sequence_key=key,
        due_at=None if within is None else exchange.started_at + within * 1_000_000,
    )


def _sequence_key(exchange: Exchange, document: Document, hub: Services) -> str | None:
    """The record whose messages keep their order, as a keyed hash."""
    key = exchange.known_contract().state_key(document)
    return None if key is None else hub.sealer.state_key(key)
