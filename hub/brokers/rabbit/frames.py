"""A message as AMQP frames. Encoded by the caller's thread: what cannot be encoded fails there, not on the link's."""

from functools import lru_cache
from typing import Any

from pika import BasicProperties, DeliveryMode
from pika.frame import Body, Header, Method
from pika.spec import FRAME_END_SIZE, FRAME_HEADER_SIZE, Basic

from hub.ports.broker import Outgoing

# Returned messages are matched by this, not by message id: the same message may be published twice.
SEQUENCE = "renkei-publish"


def encode(message: Outgoing, sequence: int, channel: int, frame_max: int) -> bytes:
    """All frames of one mandatory, persistent publish. `frame_max`: the connection's, in bytes."""
    given, body = message.properties, message.body
    headers: dict[str, Any] = {**given.headers, SEQUENCE: sequence}
    properties = BasicProperties(
        content_type=given.content_type,
        headers=headers,
        delivery_mode=DeliveryMode.Persistent.value,
        correlation_id=given.correlation_id,
        reply_to=given.reply_to,
        message_id=given.message_id,
        type=given.type,
        user_id=given.user_id,
    )
    room = frame_max - FRAME_HEADER_SIZE - FRAME_END_SIZE
    return b"".join(
        (
            _publish(channel, message.exchange, message.routing_key),
            Header(channel, len(body), properties).marshal(),
            *(Body(channel, body[start : start + room]).marshal() for start in range(0, len(body), room)),
        )
    )


@lru_cache(maxsize=1024)  # one per queue the hub publishes to
def _publish(channel: int, exchange: str, routing_key: str) -> bytes:
    return Method(channel, Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)).marshal()
