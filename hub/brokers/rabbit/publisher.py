"""Publishing with pipelined confirms: a batch goes out at once, its outcomes come back as the broker gives them."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from pika import BasicProperties, DeliveryMode
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method

from hub.brokers.rabbit.link import Link
from hub.errors import BrokerUnavailable
from hub.ports.broker import Outgoing, PublishOutcome

# Returned messages are matched by this, not by message id: the same message may be published twice.
_SEQUENCE = "renkei-publish"


class _Batch:
    """One `publish` call. Written on the link's thread, read by the waiting caller after `done`."""

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        self.messages = messages
        self.outcomes = [PublishOutcome.REFUSED] * len(messages)
        self.left = len(messages)
        self.done = threading.Event()
        self.lost: str | None = None


class Publisher:
    """Thread-safe. The channel and everything about it live on the link's thread."""

    def __init__(self, url: str) -> None:
        self._channel: Channel | None = None
        self._tag = 0
        self._pending: dict[int, tuple[_Batch, int]] = {}  # publish number → batch and position, ascending
        self._returned: set[int] = set()
        self._usable = threading.Event()
        self.link = Link(url, "publish", self._up, lambda: self._lost("connection lost"))

    @property
    def ready(self) -> bool:
        return self._usable.is_set() and not self.link.blocked

    def publish(self, messages: Sequence[Outgoing], timeout: float) -> list[PublishOutcome]:
        """As `hub.ports.broker.Broker.publish`."""
        if not messages:
            return []
        if not self._usable.wait(timeout):
            raise BrokerUnavailable("no connection to publish on")
        batch = _Batch(messages)
        if not self.link.call(lambda _: self._send(batch)):
            raise BrokerUnavailable("connection lost")
        if not batch.done.wait(timeout):
            state = "blocked by a resource alarm" if self.link.blocked else "not confirmed"
            raise BrokerUnavailable(f"{batch.left} of {len(messages)} messages {state} after {timeout:g} s")
        if batch.lost is not None:
            raise BrokerUnavailable(batch.lost)
        return batch.outcomes

    def close(self) -> None:
        self.link.close()

    def _up(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._confirming(channel))

    def _confirming(self, channel: Channel) -> None:
        self._channel, self._tag = channel, 0
        self._usable.set()

    def _channel_closed(self, channel: Channel, reason: Exception) -> None:
        self._lost(f"channel closed: {getattr(reason, 'reply_code', type(reason).__name__)}")
        connection = channel.connection
        if connection.is_open:
            connection.channel(on_open_callback=self._channel_open)

    def _lost(self, why: str) -> None:
        self._usable.clear()
        self._channel = None
        batches = {id(batch): batch for batch, _ in self._pending.values()}
        self._pending.clear()
        self._returned.clear()
        for batch in batches.values():
            batch.lost = why
            batch.done.set()

    def _send(self, batch: _Batch) -> None:
        channel = self._channel
        if channel is None:
            batch.lost = "connection lost"
            batch.done.set()
            return
        try:
            for position, message in enumerate(batch.messages):
                self._tag += 1
                self._pending[self._tag] = (batch, position)
                properties = _properties(message, self._tag)
                channel.basic_publish(message.exchange, message.routing_key, message.body, properties, mandatory=True)
        except AMQPError as error:
            batch.lost = type(error).__name__
            batch.done.set()

    def _on_return(self, _channel: Channel, _method: object, properties: BasicProperties, _body: bytes) -> None:
        # the broker returns a message before it confirms it
        headers: Mapping[str, Any] = properties.headers or {}
        self._returned.add(headers[_SEQUENCE])

    def _on_confirm(self, frame: Method[Any]) -> None:
        method: Any = frame.method
        outcome = PublishOutcome.CONFIRMED if method.NAME == "Basic.Ack" else PublishOutcome.REFUSED
        if method.multiple:
            tags = []
            for tag in self._pending:
                if tag > method.delivery_tag:
                    break
                tags.append(tag)
        else:
            tags = [method.delivery_tag]
        for tag in tags:
            entry = self._pending.pop(tag, None)
            if entry is None:
                continue
            batch, position = entry
            if tag in self._returned:
                self._returned.discard(tag)
                batch.outcomes[position] = PublishOutcome.RETURNED
            else:
                batch.outcomes[position] = outcome
            batch.left -= 1
            if batch.left == 0:
                batch.done.set()


def _properties(message: Outgoing, sequence: int) -> BasicProperties:
    given = message.properties
    headers: dict[str, Any] = {**given.headers, _SEQUENCE: sequence}
    return BasicProperties(
        content_type=given.content_type,
        headers=headers,
        delivery_mode=DeliveryMode.Persistent.value,
        correlation_id=given.correlation_id,
        reply_to=given.reply_to,
        message_id=given.message_id,
        type=given.type,
        user_id=given.user_id,
    )
