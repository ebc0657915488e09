"""Publishing with pipelined confirms: a batch goes out at once, its outcomes come back as the broker gives them."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pika import BasicProperties
from pika.channel import Channel
from pika.frame import Method

from hub.brokers.rabbit.connection import Connection
from hub.brokers.rabbit.frames import SEQUENCE, encode
from hub.brokers.rabbit.link import Link
from hub.errors import BrokerUnavailable
from hub.ports.broker import Outgoing, PublishOutcome

_WRITE_BYTES = 256 * 1024  # what is left of a write that did not fit the socket is copied: not too large
_log = structlog.get_logger("hub.broker")


class _Batch:
    """One `publish` call on one channel. Written on the link's thread, read by the waiting caller after `done`."""

    def __init__(self, channel: Channel, first: int, size: int) -> None:
        self.channel = channel
        self.first = first  # its messages are numbered from here
        self.outcomes = [PublishOutcome.REFUSED] * size
        self.left = size
        self.done = threading.Event()
        self.lost: str | None = None

    def lose(self, why: str) -> None:
        self.lost = why
        self.done.set()


class Publisher:
    """Thread-safe. What the broker says is handled on the link's thread; `link.state` guards channel and batches."""

    def __init__(self, url: str) -> None:
        self._channel: Channel | None = None
        self._frame_max = 0
        self._sequence = 1
        self._batches: set[_Batch] = set()  # of callers that wait
        self._tag = 0
        self._pending: dict[int, tuple[_Batch, int]] = {}  # delivery tag → batch and position, ascending
        self._returned: set[int] = set()  # sequences
        self.link = Link(url, "publish", self._open_channel, lambda: self._lost("connection lost"))
        self.link.start()

    @property
    def ready(self) -> bool:
        return self._channel is not None and not self.link.blocked

    def publish(self, messages: Sequence[Outgoing], timeout: float) -> list[PublishOutcome]:
        """As `hub.ports.broker.Broker.publish`."""
        if not messages:
            return []
        deadline = time.monotonic() + timeout
        batch = self._begin(len(messages), timeout)
        try:
            number = batch.channel.channel_number
            frames = [encode(m, batch.first + n, number, self._frame_max) for n, m in enumerate(messages)]
            if not self.link.call(lambda connection: self._send(connection, batch, frames)):
                raise BrokerUnavailable("connection lost")
            if not batch.done.wait(deadline - time.monotonic()):
                state = "blocked by a resource alarm" if self.link.blocked else "not confirmed"
                raise BrokerUnavailable(f"{batch.left} of {len(messages)} messages {state} after {timeout:g} s")
        finally:
            with self.link.state:
                self._batches.discard(batch)
        if batch.lost is not None:
            raise BrokerUnavailable(batch.lost)
        return batch.outcomes

    def close(self) -> None:
        self.link.close()

    def _begin(self, size: int, timeout: float) -> _Batch:
        """A batch on the open channel. While the broker takes nothing, nothing is piled up for it."""
        with self.link.state:
            self.link.state.wait_for(lambda: self.ready, timeout)
            if self.link.blocked:
                raise BrokerUnavailable(f"blocked by a resource alarm for {timeout:g} s")
            if self._channel is None:
                self.link.wait_up(0)
                raise BrokerUnavailable("no channel to publish on")
            batch = _Batch(self._channel, self._sequence, size)
            self._sequence += size
            self._batches.add(batch)
            return batch

    # below: on the link's thread

    def _open_channel(self, connection: Connection) -> None:
        connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._confirming(channel))

    def _confirming(self, channel: Channel) -> None:
        with self.link.state:
            self._channel, self._tag = channel, 0
            self._frame_max = channel.connection.params.frame_max
            self.link.state.notify_all()

    def _channel_closed(self, channel: Channel, reason: Exception) -> None:
        code = getattr(reason, "reply_code", type(reason).__name__)
        self._lost(f"channel closed: {code}")
        if channel.connection.is_open:
            _log.warning("channel_closed", role="publish", code=code)
            self.link.call(self._open_channel)

    def _lost(self, why: str) -> None:
        with self.link.state:
            self._channel = None
            batches = list(self._batches)
        self._pending.clear()
        self._returned.clear()
        for batch in batches:
            batch.lose(why)

    def _send(self, connection: Connection, batch: _Batch, frames: list[bytes]) -> None:
        if batch.channel is not self._channel:
            return  # lost since: the caller knows
        for position in range(len(frames)):
            self._pending[self._tag + position + 1] = (batch, position)
        self._tag += len(frames)
        written, size = 0, 0
        for position, frame in enumerate(frames, 1):
            size += len(frame)
            if size >= _WRITE_BYTES or position == len(frames):
                connection.emit(b"".join(frames[written:position]))
                written, size = position, 0

    def _on_return(self, _channel: Channel, _method: object, properties: BasicProperties, _body: bytes) -> None:
        # the broker returns a message before it confirms it
        headers: Mapping[str, Any] = properties.headers or {}
        self._returned.add(headers[SEQUENCE])

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
            batch, position = self._pending.pop(tag)
            sequence = batch.first + position
            if sequence in self._returned:
                self._returned.discard(sequence)
                batch.outcomes[position] = PublishOutcome.RETURNED
            else:
                batch.outcomes[position] = outcome
            batch.left -= 1
            if batch.left == 0:
                batch.done.set()
