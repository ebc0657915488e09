"""A pika relay in its fastest shape: non-blocking connection, pipelined confirms, multiple acks, prefetch 250.

bare_pika.py SOURCE TARGET
"""

import os
import signal
import sys

import pika
from pika.adapters.select_connection import SelectConnection
from work import done

PREFETCH = 250


class Relay:
    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        self.published = 0
        self.tags: dict[int, int] = {}  # publish number -> delivery tag
        self.settled = 0
        self.is_ending = False

    def run(self) -> None:
        self.connection = SelectConnection(
            pika.URLParameters(os.environ["BENCH_AMQP_URL"]),
            on_open_callback=lambda c: c.channel(on_open_callback=self.opened),
            on_close_callback=lambda c, _reason: c.ioloop.stop(),
        )
        signal.signal(signal.SIGTERM, lambda *_: self.connection.ioloop.add_callback_threadsafe(self.end))
        self.connection.ioloop.start()

    def opened(self, channel: pika.channel.Channel) -> None:
        self.channel = channel
        channel.confirm_delivery(self.confirmed)
        channel.basic_qos(prefetch_count=PREFETCH)
        self.consumer = channel.basic_consume(self.source, self.relay)

    def relay(self, channel, method, properties, body) -> None:  # type: ignore[no-untyped-def]
        channel.basic_publish("", self.target, done(body), properties, mandatory=True)
        self.published += 1
        self.tags[self.published] = method.delivery_tag

    def confirmed(self, frame) -> None:  # type: ignore[no-untyped-def]
        # confirms of one channel and queue come in order: everything up to here is safe
        last = frame.method.delivery_tag
        first = last
        if frame.method.multiple:
            first = next(iter(self.tags))
        for number in range(first, last + 1):
            tag = self.tags.pop(number)
        if last - self.settled >= PREFETCH // 5 or not self.tags:
            self.settled = last
            self.channel.basic_ack(tag, multiple=True)
        if self.is_ending:
            self.end()

    def end(self) -> None:
        """When what was published is confirmed and acked."""
        self.is_ending = True
        if not self.tags:
            self.connection.close()


Relay(sys.argv[1], sys.argv[2]).run()
