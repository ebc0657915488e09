"""Consuming one queue on a channel of its own; the I/O thread only fills a buffer."""

import threading
from collections import deque
from collections.abc import Sequence

from pika import BasicProperties
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic

from hub.acks import AckWindow
from hub.brokers.rabbit.link import Link
from hub.ports.broker import Delivery, Properties, Tag

SUSPECT = 2  # handed out this often without being settled: returned alone
_REOPEN_SECONDS = 1.0


class RabbitSubscription:
    """Implements `hub.ports.broker.Subscription`. `_changed` guards everything below it."""

    def __init__(self, link: Link, queue: str, prefetch: int) -> None:
        self._link, self._queue, self._prefetch = link, queue, prefetch
        self._changed = threading.Condition()
        self._buffer: deque[Delivery] = deque()
        self._window = AckWindow()
        self._channel: Channel | None = None
        self._consumer: str | None = None
        self._epoch = 0
        self._wanted = True
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

        def send(_connection: SelectConnection) -> None:
            if not channel.is_open:
                return  # the broker delivers again; the hop drops the second copy
            if acks.through is not None:
                channel.basic_ack(acks.through, multiple=True)
            for number in acks.singles:
                channel.basic_ack(number)

        self._link.call(send)

    def pause(self) -> None:
        self._want(False)

    def resume(self) -> None:
        self._want(True)

    def current(self, tag: Tag) -> bool:
        return tag.epoch == self._epoch

    def close(self) -> None:
        closed = threading.Event()

        def shut(_connection: SelectConnection) -> None:
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

    def open(self, connection: SelectConnection) -> None:
        """Open the channel; called at each new connection."""
        if not self._closed:
            connection.channel(on_open_callback=self._opened)

    def lost(self) -> None:
        """The channel is gone: what was handed out on it comes again."""
        with self._changed:
            self._channel = None
            self._consumer = None
            self._buffer.clear()
            self._window = AckWindow()

    def _opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(lambda _frame: channel.close())  # the queue went away: start anew
        channel.basic_qos(prefetch_count=self._prefetch, callback=lambda _frame: self._consume(channel))

    def _consume(self, channel: Channel) -> None:
        with self._changed:
            if channel is not self._channel:
                self._channel = channel
                self._epoch += 1
            if not self._wanted or self._consumer is not None or self._closed:
                return
            self._consumer = channel.basic_consume(self._queue, self._on_message)

    def _channel_closed(self, channel: Channel, _reason: Exception) -> None:
        self.lost()
        if not self._closed:
            # by the broker: consumer timeout, or the queue is missing for the moment
            self._link.call(self._reopen_later)

    def _reopen_later(self, connection: SelectConnection) -> None:
        connection.ioloop.call_later(_REOPEN_SECONDS, lambda: self._link.call(self.open))

    def _on_message(self, _channel: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
        headers = properties.headers or {}
        number = method.delivery_tag or 0
        # quorum queues count; a classic queue only tells that it was not the first time
        count = headers.get("x-delivery-count", int(method.redelivered))
        delivery = Delivery(
            self._queue,
            Tag(self._epoch, number),
            body,
            Properties(
                properties.message_id,
                properties.correlation_id,
                properties.type,
                properties.content_type,
                properties.user_id,
                properties.reply_to,
                headers,
            ),
            count if isinstance(count, int) else 0,
        )
        with self._changed:
            self._window.handed_out(number)
            self._buffer.append(delivery)
            self._changed.notify_all()

    def _want(self, wanted: bool) -> None:
        with self._changed:
            if self._wanted == wanted:
                return
            self._wanted = wanted
        self._link.call(self._apply)

    def _apply(self, _connection: SelectConnection) -> None:
        channel = self._channel
        if channel is None or not channel.is_open:
            return
        if self._wanted:
            self._consume(channel)
        elif self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            channel.basic_cancel(consumer)
