"""The peer: a pika relay that parses, validates, maps, validates and serialises in its callback, and nothing else.

Non-blocking connection, pipelined confirms, multiple acks, prefetch 250: the fastest shape pika has.
"""

import os
import signal
import sys
from pathlib import Path

import pika
from lxml import etree
from pika.adapters.select_connection import SelectConnection

ROOT = Path(__file__).resolve().parents[2]
PREFETCH = 250
FLUSH_SECONDS = 0.02


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(ROOT / "schemas" / name / "v1/schema.xsd")))


class Relay:
    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        self.parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        self.incoming, self.outgoing = schema("resident_registry.change"), schema("resident.change")
        stylesheet = ROOT / "mappings/resident_registry.change--resident.change/v1/mapping.xslt"
        self.mapping = etree.XSLT(etree.parse(str(stylesheet)))
        self.published = 0
        self.tags: dict[int, int] = {}  # publish number -> delivery tag
        self.settled = 0

    def run(self) -> None:
        connection = SelectConnection(
            pika.URLParameters(os.environ["BENCH_AMQP_URL"]),
            on_open_callback=lambda c: c.channel(on_open_callback=self.opened),
            on_close_callback=lambda c, _reason: c.ioloop.stop(),
        )
        signal.signal(signal.SIGTERM, lambda *_: connection.ioloop.add_callback_threadsafe(connection.close))
        connection.ioloop.start()

    def opened(self, channel: pika.channel.Channel) -> None:
        self.channel = channel
        channel.confirm_delivery(self.confirmed)
        channel.basic_qos(prefetch_count=PREFETCH)
        channel.basic_consume(self.source, self.relay)

    def relay(self, channel, method, properties, body) -> None:  # type: ignore[no-untyped-def]
        document = etree.fromstring(body, self.parser)
        assert self.incoming(document)
        result = self.mapping(document)
        assert self.outgoing(result)
        out = etree.tostring(result, encoding="UTF-8", xml_declaration=True)
        channel.basic_publish("", self.target, out, properties, mandatory=True)
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


Relay(sys.argv[1], sys.argv[2]).run()
