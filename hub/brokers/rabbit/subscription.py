"""Consuming one queue on a channel of its own; the I/O thread only fills a buffer."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from pika.channel import Channel

from hub.acks import AckWindow
from hub.brokers.rabbit.connection import Connection
from hub.brokers.rabbit.link import Link
from hub.brokers.rabbit.receiver import Receiver
from hub.ports.broker import Delivery, Properties, Tag

SUSPECT = 2  # handed out this often without being settled: returned alone
_REOPEN_SECONDS = 1.0
_log = structlog.get_logger("hub.broker")


class RabbitSubscription:
    """Implements `hub.ports.broker.Subscription`. `_changed` guards everything below it."""

    def __init__(self, link: Link, queue: str, prefetch: int, most_bytes: int | None) -> None:
        self._link, self._queue, self._prefetch, self._most_bytes = link, queue, prefetch, most_bytes
        self._changed = threading.Condition()
        self._buffer: deque[Delivery] = deque()
        self._window = AckWindow()
        self._opened_on: Connection | None = None  # has our channel, or is being asked for it
        self._channel: Channel | None = None
        self._epoch = 0  # moves on when a channel is lost and when one is opened
        self._closed = False

    def take(self, most: int, timeout: float) -> list[Delivery]:
        with self._changed:
            if not self._buffer:
                self._changed.wait_for(lambda: self._buffer or self._closed, timeout)
            taken: list[Delivery] = []
            while self._buffer and len(taken) < most:
                suspect = self._buffer[0].delivery_count >= SUSPECT
                if suspect and taken:
                    break
                taken.append(self._buffer.popleft())
                if suspect:
                    break
            return taken

    def ack(self, tags: Sequence[Tag]) -> None:
        with self._changed:
            channel, epoch = self._channel, self._epoch
            acks = self._window.settled(tag.number for tag in tags if tag.epoch == epoch)
        if channel is None or (acks.through is None and not acks.singles):
            return

        def send(_connection: Connection) -> None:
            if not channel.is_open:
                return  # the broker delivers again; the hop drops the second copy
            if acks.through is not None:
                channel.basic_ack(acks.through, multiple=True)
            for number in acks.singles:
                channel.basic_ack(number)

        self._link.call(send)

    def current(self, tag: Tag) -> bool:
        return tag.epoch == self._epoch

    def close(self) -> None:
        closed = threading.Event()

        def shut(_connection: Connection) -> None:
            channel = self._channel
            if channel is None or not channel.is_open:
                closed.set()
                return
            channel.add_on_close_callback(lambda *_: closed.set())
            channel.close()

        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._link.call(shut):
            closed.wait(5.0)  # acks sent before are ahead of the close on the same channel

    # below: on the link's thread

    def open(self, connection: Connection) -> None:
        """Open the channel, once on each connection."""
        if not self._closed and self._opened_on is not connection:
            self._opened_on = connection
            connection.channel(on_open_callback=lambda channel: self._opened(connection, channel))

    def lost(self) -> None:
        """The channel is gone: what was handed out on it comes again."""
        with self._changed:
            self._opened_on = None
            self._channel = None
            self._epoch += 1
            self._buffer.clear()
            self._window = AckWindow()

    def _opened(self, connection: Connection, channel: Channel) -> None:
        connection.receivers[channel.channel_number] = Receiver(self._most_bytes, self._on_message)
        channel.add_on_close_callback(lambda _channel, reason: self._channel_closed(connection, channel, reason))
        # the queue went away: start anew
        channel.add_on_cancel_callback(lambda _frame: channel.close() if channel.is_open else None)
        channel.basic_qos(prefetch_count=self._prefetch, callback=lambda _frame: self._ready(channel))

    def _ready(self, channel: Channel) -> None:
        with self._changed:
            self._channel = channel
            self._epoch += 1
        if not self._closed:
            channel.basic_consume(self._queue, _passed_by)

    def _channel_closed(self, connection: Connection, channel: Channel, reason: Exception) -> None:
        connection.receivers.pop(channel.channel_number, None)
        self.lost()
        if self._closed or not channel.connection.is_open:
            return
        # by the broker: consumer timeout, or the queue is missing for the moment
        code = getattr(reason, "reply_code", type(reason).__name__)
        _log.warning("channel_closed", role="consume", queue=self._queue, code=code)
        self._link.call(lambda connection: _later(connection, lambda: self._link.call(self.open)))

    def _on_message(self, number: int, redelivered: bool, given: Properties, body: bytes, whole_size: int) -> None:
        count = _delivery_count(given, redelivered)
        delivery = Delivery(self._queue, Tag(self._epoch, number), body, given, count, whole_size)
        with self._changed:
            self._window.handed_out(number)
            self._buffer.append(delivery)
            if len(self._buffer) == 1:
                self._changed.notify_all()


def _later(connection: Connection, action: Callable[[], object]) -> None:
    connection.ioloop.call_later(_REOPEN_SECONDS, action)


def _passed_by(*_: object) -> None:
    raise AssertionError("a delivery went past its receiver")


def _delivery_count(given: Properties, redelivered: bool) -> int:
    """Quorum queues count; a classic queue only tells that it was not the first time."""
    count = given.headers.get("x-delivery-count", redelivered)
    return int(count) if isinstance(count, int) else 0
