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
from hub.ports.tls import Tls

_WRITE_BYTES = 256 * 1024  # what is left of a write that did not fit the socket is copied: not too large
_log = structlog.get_logger("hub.broker")


class _Lane:
    """One channel in confirm mode and what waits on it. Changed on the link's thread; `batches` under `link.state`."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.frame_max = channel.connection.params.frame_max
        self.tag = 0
        self.pending: dict[int, tuple[_Batch, int]] = {}  # delivery tag → batch and position, ascending
        self.returned: set[int] = set()  # sequences
        self.batches: set[_Batch] = set()  # of callers that wait
        self.lost: str | None = None


class _Batch:
    """One `publish` call on one channel. Written on the link's thread, read by the waiting caller after `done`."""

    def __init__(self, lane: _Lane, first: int, size: int) -> None:
        self.lane = lane
        self.first = first  # its messages are numbered from here
        self.outcomes = [PublishOutcome.REFUSED] * size
        self.left = size
        self.done = threading.Event()


class Publisher:
    """Thread-safe. What the broker says is handled on the link's thread; `link.state` guards lane and batches.

    After a refusal what comes next goes over a new channel: a channel that met a queue without a leader goes on
    refusing for that queue when it has long got a new one (RabbitMQ 3.10, a node of a cluster killed).
    """

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        self._lane: _Lane | None = None  # the one to publish on
        self._lanes: set[_Lane] = set()  # all whose channel is not closed
        self._sequence = 1
        self._renewing = False
        self.link = Link(url, "publish", self._open_channel, self._connection_lost, tls)
        self.link.start()

    @property
    def ready(self) -> bool:
        return self._lane is not None and not self.link.blocked

    def publish(self, messages: Sequence[Outgoing], timeout: float) -> list[PublishOutcome]:
        """As `hub.ports.broker.Broker.publish`."""
        if not messages:
            return []
        deadline = time.monotonic() + timeout
        batch = self._begin(len(messages), timeout)
        lane = batch.lane
        try:
            number = lane.channel.channel_number
            frames = [encode(m, batch.first + n, number, lane.frame_max) for n, m in enumerate(messages)]
            if not self.link.call(lambda connection: self._send(connection, batch, frames)):
                raise BrokerUnavailable("connection lost")
            if not batch.done.wait(deadline - time.monotonic()):
                state = "blocked by a resource alarm" if self.link.blocked else "not confirmed"
                raise BrokerUnavailable(f"{batch.left} of {len(messages)} messages {state} after {timeout:g} s")
        finally:
            with self.link.state:
                lane.batches.discard(batch)
            if lane is not self._lane:
                self.link.call(lambda _connection: self._retire(lane))
        if batch.left:
            raise BrokerUnavailable(lane.lost or "connection lost")
        return batch.outcomes

    def close(self) -> None:
        self.link.close()

    def _begin(self, size: int, timeout: float) -> _Batch:
        """A batch on the open channel. While the broker takes nothing, nothing is piled up for it."""
        with self.link.state:
            self.link.state.wait_for(lambda: self.ready, timeout)
            if self.link.blocked:
                raise BrokerUnavailable(f"blocked by a resource alarm for {timeout:g} s")
            if self._lane is None:
                self.link.wait_up(0)
                raise BrokerUnavailable("no channel to publish on")
            batch = _Batch(self._lane, self._sequence, size)
            self._sequence += size
            self._lane.batches.add(batch)
            return batch

    # below: on the link's thread

    def _open_channel(self, connection: Connection) -> None:
        self._renewing = True
        connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Channel) -> None:
        lane = _Lane(channel)
        self._lanes.add(lane)
        channel.add_on_close_callback(lambda _channel, reason: self._channel_closed(lane, reason))
        channel.add_on_return_callback(lambda _channel, _method, properties, _body: _returned(lane, properties))
        channel.confirm_delivery(lambda frame: self._on_confirm(lane, frame), callback=lambda _: self._confirming(lane))

    def _confirming(self, lane: _Lane) -> None:
        with self.link.state:
            before, self._lane = self._lane, lane
            self._renewing = False
            self.link.state.notify_all()
        if before is not None:
            self._retire(before)

    def _retire(self, lane: _Lane) -> None:
        """Close a channel that is not published on any more, once nobody waits on it."""
        with self.link.state:
            idle = lane is not self._lane and not lane.pending and all(batch.done.is_set() for batch in lane.batches)
        if idle and lane.channel.is_open:
            lane.channel.close()

    def _channel_closed(self, lane: _Lane, reason: Exception) -> None:
        code = getattr(reason, "reply_code", type(reason).__name__)
        self._lose(lane, f"channel closed: {code}")
        if lane.channel.connection.is_open and self._lane is None:
            _log.warning("channel_closed", role="publish", code=code)
            self.link.call(self._open_channel)

    def _connection_lost(self) -> None:
        for lane in list(self._lanes):
            self._lose(lane, "connection lost")

    def _lose(self, lane: _Lane, why: str) -> None:
        with self.link.state:
            if self._lane is lane:
                self._lane = None
            lane.lost = why
            batches = list(lane.batches)
        self._lanes.discard(lane)
        self._renewing = False
        lane.pending.clear()
        for batch in batches:
            batch.done.set()

    def _send(self, connection: Connection, batch: _Batch, frames: list[bytes]) -> None:
        lane = batch.lane
        if lane.lost is not None or not lane.channel.is_open:
            return  # lost since: the caller knows
        for position in range(len(frames)):
            lane.pending[lane.tag + position + 1] = (batch, position)
        lane.tag += len(frames)
        written, size = 0, 0
        for position, frame in enumerate(frames, 1):
            size += len(frame)
            if size >= _WRITE_BYTES or position == len(frames):
                connection.emit(b"".join(frames[written:position]))
                written, size = position, 0

    def _on_confirm(self, lane: _Lane, frame: Method[Any]) -> None:
        method: Any = frame.method
        outcome = PublishOutcome.CONFIRMED if method.NAME == "Basic.Ack" else PublishOutcome.REFUSED
        if method.multiple:
            tags = []
            for tag in lane.pending:
                if tag > method.delivery_tag:
                    break
                tags.append(tag)
        else:
            tags = [method.delivery_tag]
        for tag in tags:
            batch, position = lane.pending.pop(tag)
            sequence = batch.first + position
            if sequence in lane.returned:
                lane.returned.discard(sequence)
                batch.outcomes[position] = PublishOutcome.RETURNED
            else:
                batch.outcomes[position] = outcome
            batch.left -= 1
            if batch.left == 0:
                batch.done.set()
        if lane is not self._lane:
            self._retire(lane)
        elif outcome is PublishOutcome.REFUSED and not self._renewing:
            self._renewing = True  # at once: the refusals of a batch come in one read
            self.link.call(self._open_channel)


def _returned(lane: _Lane, properties: BasicProperties) -> None:
    # the broker returns a message before it confirms it
    headers: Mapping[str, Any] = properties.headers or {}
    lane.returned.add(headers[SEQUENCE])
