"""Receive: turn a delivery into a message: believed and sealed from hub lanes, distrusted from a partner's door."""

import re
from collections.abc import Mapping

from hub import envelope
from hub.errors import Refused
from hub.exchange import Exchange
from hub.frozen import changed
from hub.message import UUID_TEXT, Message, begun_trace
from hub.ports.broker import Delivery
from hub.ports.store import SealedBody
from hub.services import Services

# Letters only: no number of a person can hide in a type or purpose, which appear in metrics and logs.
_TYPE = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
_PURPOSE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
# W3C: version ff, and ids of nothing but zeros, are invalid
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_NAME_LENGTH = 64
_LARGEST_VERSION = 9999


def receive(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses with `receive.*`. A partner's own `renkei-*` and `x-*` headers are never looked at."""
    received = _received(exchange, hub)
    if hub.tracer is None:
        return received
    span = hub.tracer.begin(exchange.hop, received.known_message(), exchange.started_at)
    return changed(received, span=span)


def _received(exchange: Exchange, hub: Services) -> Exchange:
    delivery = exchange.delivery
    if exchange.trusted:
        key_id, digest = envelope.key_and_digest(delivery.properties)
        sealed = SealedBody(key_id, delivery.body)
        body = hub.sealer.open(delivery.properties.message_id or "", sealed)
        return changed(exchange, message=envelope.message(delivery.properties, body), digest=digest)
    message = _from_door(delivery, exchange.name, hub)
    if hub.registry.sunset(message.type, message.version) is not None:
        hub.metrics.ending(message.source, message.type, message.version)
    if delivery.whole_size:
        _bounded(delivery.whole_size, hub, f"; its first {len(delivery.body)} are kept")
    kind = delivery.properties.content_type
    body = hub.door.content(exchange.name, kind, delivery.body, hub.max_body_bytes, message.message_id)
    _bounded(len(body), hub)
    message = changed(message, body=body)
    # type and version are part of what the id stands for: the same bytes as another type are other content
    # and what was sealed is the same content each time it is sealed
    digest = hub.sealer.digest(f"{message.type}/{message.version}/{message.purpose}\0".encode() + body)
    return changed(exchange, message=message, digest=digest)


def _bounded(size: int, hub: Services, cut: str = "") -> None:
    if size > hub.max_body_bytes:
        raise Refused("receive.too_large", f"{size} bytes, the limit is {hub.max_body_bytes}{cut}")


def _from_door(delivery: Delivery, partner: str, hub: Services) -> Message:
    """Ids and type come from the AMQP properties, or from CloudEvents headers for clients that cannot set them."""
    given, headers = delivery.properties, delivery.properties.headers
    if given.undecodable:
        raise Refused("receive.header", "the headers cannot be decoded: a date or a nesting beyond all bounds")
    message_id = given.message_id or _cloud(headers, "id")
    if not message_id:
        raise Refused("receive.missing_id", "set the message_id property to a new UUID")
    if not UUID_TEXT.fullmatch(message_id):
        raise Refused("receive.id_format", "message_id must be a UUID in lower case, with hyphens")
    kind = given.type or _cloud(headers, "type")
    if not kind:
        raise Refused("receive.header", "set the type property to the message type")
    if len(kind) > _NAME_LENGTH or not _TYPE.fullmatch(kind):
        raise Refused("receive.header", "type must be lower-case words joined by dots")
    correlation_id = given.correlation_id or message_id
    if not UUID_TEXT.fullmatch(correlation_id):
        raise Refused("receive.header", "correlation_id must be a UUID in lower case, with hyphens")
    purpose = _text(headers, "purpose")
    if purpose is not None and (len(purpose) > _NAME_LENGTH or not _PURPOSE.fullmatch(purpose)):
        raise Refused("receive.header", "purpose must be a code of letters, digits, dots and hyphens")
    traceparent = headers.get("traceparent")
    usable = isinstance(traceparent, str) and _TRACEPARENT.fullmatch(traceparent)
    return Message(
        message_id=message_id,
        type=kind,
        version=_version(headers.get("version", 1)),
        source=partner,
        correlation_id=correlation_id,
        body=delivery.body,
        purpose=purpose,
        traceparent=str(traceparent) if usable else begun_trace(correlation_id, message_id),
        published_as=hub.registry.told(partner, message_id),
    )


def _cloud(headers: Mapping[str, object], attribute: str) -> str | None:
    """A CloudEvents attribute. The AMQP binding allows both prefixes; some tools cut a header at its first colon."""
    return _text(headers, f"cloudEvents_{attribute}") or _text(headers, f"cloudEvents:{attribute}")


def _text(headers: Mapping[str, object], name: str) -> str | None:
    value = headers.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused("receive.header", f"header {name} must be text")
    return value


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_VERSION:
        raise Refused("receive.header", "header version must be a whole number from 1")
    return value
