"""Messages to a queue a partner reads, on a real RabbitMQ: confirmed and routed, or an error that says what is so."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.amqp import AmqpConnector
from hub.errors import ConfigError, InDoubt, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import ConnectorSettings, SendContext, Wire
from hub.sandbox.process import LOOPBACK, free_ports
from tests.nodes import RabbitVhost

QUEUE = "partner.tax"
WIRE = Wire("tax.income_inquiry", "<a>髙</a>".encode(), "application/xml; charset=utf-8")
READ = 2.0


@pytest.fixture
def partner(rabbit_vhost: RabbitVhost) -> RabbitVhost:
    """A vhost with the partner's queue, which refuses a fourth message."""
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    limit = {"overflow": "reject-publish", "max-length": 3}
    api.call("PUT", "policies", vhost, "limit", body={"pattern": "^partner", "definition": limit})
    api.call("PUT", "queues", vhost, QUEUE, body={"durable": True, "arguments": {"x-queue-type": "quorum"}})
    return rabbit_vhost


@contextlib.contextmanager
def connector(url: str, queue: str = QUEUE, connect: float = 2.0, read: float = READ) -> Iterator[AmqpConnector]:
    settings = ConnectorSettings("tax", url, connect_timeout=connect, read_timeout=read, options={"queue": queue})
    subject = AmqpConnector(settings, {WIRE.operation: lambda document: document})
    try:
        yield subject
    finally:
        subject.close()


def queued(partner: RabbitVhost, most: int = 100) -> list[dict[str, Any]]:
    """Take everything from the partner's queue."""
    request = {"count": most, "ackmode": "ack_requeue_false", "encoding": "auto"}
    found: list[dict[str, Any]] = partner.management.call("POST", "queues", partner.vhost, QUEUE, "get", body=request)
    return found


def raised(subject: AmqpConnector, wire: Wire = WIRE) -> RenkeiError:
    with pytest.raises(RenkeiError) as caught:
        subject.send(wire, SendContext("key", "first"))
    assert "髙" not in str(caught.value)
    return caught.value


class Way:
    """A way to the broker that can be made to swallow all the broker says."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self.deaf = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((LOOPBACK, free_ports(1)[0]))
        self.url = url.replace(f":{self._target.port}", f":{self._listener.getsockname()[1]}")
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End all connections."""
        for each in self._open:
            with contextlib.suppress(OSError):  # the other side was quicker
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((LOOPBACK, self._target.port or 5672))
            self._open += [client, server]
            for source, sink, back in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, back), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        try:
            while data := source.recv(65536):
                if not (back and self.deaf):
                    sink.sendall(data)
        except OSError:
            return  # somebody has cut it


@pytest.fixture
def way(partner: RabbitVhost) -> Iterator[Way]:
    made = Way(partner.amqp_url)
    yield made
    made.close()


def test_what_is_sent_lies_there_persistent_and_under_its_key(partner: RabbitVhost) -> None:
    with connector(partner.amqp_url) as subject:
        assert subject.send(WIRE, SendContext("key", "first", "00-trace-01")) == ()

    (message,) = queued(partner)
    assert message["payload"] == "<a>髙</a>"
    properties = message["properties"]
    assert (properties["message_id"], properties["correlation_id"]) == ("key", "first")
    assert (properties["type"], properties["delivery_mode"]) == ("tax.income_inquiry", 2)
    assert properties["headers"]["traceparent"] == "00-trace-01"


def test_the_broker_drops_no_second_copy_so_the_key_is_the_same(partner: RabbitVhost) -> None:
    # What the README says of idempotency: the partner must know the key, the broker does not
    with connector(partner.amqp_url) as subject:
        for _ in range(2):
            subject.send(WIRE, SendContext("key", "first"))
    assert [message["properties"]["message_id"] for message in queued(partner)] == ["key", "key"]


def test_a_queue_that_is_not_there_is_an_outage_though_the_broker_confirms(partner: RabbitVhost) -> None:
    with connector(partner.amqp_url, queue="partner.nobody") as subject:
        error = raised(subject)
    assert (type(error), error.code) == (Unavailable, "deliver.unavailable")


def test_a_full_queue_is_tried_again_later(partner: RabbitVhost) -> None:
    with connector(partner.amqp_url) as subject:
        taken = 0
        with pytest.raises(Retryable) as caught:  # a quorum queue may take a few more than its limit
            for taken in range(50):
                subject.send(WIRE, SendContext(str(taken), "first"))
        assert (type(caught.value), caught.value.code) == (Retryable, "deliver.throttled")
        kept = [message["properties"]["message_id"] for message in queued(partner)]
        # Then exactly what was confirmed is there, and there is room again
        assert kept == [str(number) for number in range(taken)]
        subject.send(WIRE, SendContext("again", "first"))
    assert len(queued(partner)) == 1


def test_no_confirm_in_time_is_in_doubt_and_takes_no_longer_than_it_may(partner: RabbitVhost, way: Way) -> None:
    with connector(way.url, read=0.5) as subject:
        subject.send(WIRE, SendContext("before", "first"))
        way.deaf = True
        began = time.monotonic()
        error = raised(subject)
        assert time.monotonic() - began < 0.5 + 1.5
        assert (type(error), error.code) == (InDoubt, "deliver.in_doubt")
        # Then it was there all the same: that is what in doubt means
        way.deaf = False
        subject.send(WIRE, SendContext("after", "first"))
    assert [message["properties"]["message_id"] for message in queued(partner)] == ["before", "key", "after"]


def test_a_connection_that_ended_while_idle_costs_nobody_a_doubt(partner: RabbitVhost, way: Way) -> None:
    with connector(way.url) as subject:
        subject.send(WIRE, SendContext("1", "first"))
        way.cut()
        time.sleep(0.1)  # the end of the connection has to travel over loopback
        subject.send(WIRE, SendContext("2", "first"))
    assert len(queued(partner)) == 2


def test_no_broker_is_an_outage_within_its_time(partner: RabbitVhost) -> None:
    nowhere = partner.amqp_url.replace(f":{urlsplit(partner.amqp_url).port}", f":{free_ports(1)[0]}")
    with connector(nowhere, connect=0.5) as subject:
        began = time.monotonic()
        assert isinstance(raised(subject), Unavailable)
        assert time.monotonic() - began < 3


def test_the_next_node_is_tried_when_one_is_away(partner: RabbitVhost) -> None:
    nowhere = partner.amqp_url.replace(f":{urlsplit(partner.amqp_url).port}", f":{free_ports(1)[0]}")
    with connector(f"{nowhere} {partner.amqp_url}", connect=0.5) as subject:
        assert isinstance(raised(subject), Unavailable)
        subject.send(WIRE, SendContext("key", "first"))
    assert len(queued(partner)) == 1


def test_a_wrong_password_is_an_outage_and_not_told(partner: RabbitVhost) -> None:
    with connector(partner.amqp_url.replace(partner.password, "wrong-secret")) as subject:
        error = raised(subject)
    assert isinstance(error, Unavailable)
    assert "wrong-secret" not in str(error)


def test_many_at_once_are_all_there_once(partner: RabbitVhost) -> None:
    api, vhost = partner.management, partner.vhost
    api.call("DELETE", "policies", vhost, "limit")
    with connector(partner.amqp_url) as subject:
        keys = [[f"{thread}-{number}" for number in range(25)] for thread in range(4)]
        failed: list[Exception] = []

        def work(own: list[str]) -> None:
            try:
                for key in own:
                    subject.send(WIRE, SendContext(key, "first"))
            except RenkeiError as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(own,)) for own in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert failed == []
    found = [message["properties"]["message_id"] for message in queued(partner, 200)]
    assert sorted(found) == sorted(key for own in keys for key in own)


def test_the_in_process_broker_cannot_be_reached() -> None:
    with connector("memory://") as subject:
        assert isinstance(raised(subject), Unavailable)


def test_it_needs_a_queue_and_knows_its_operations() -> None:
    with pytest.raises(ConfigError):
        AmqpConnector(ConnectorSettings("tax", "amqp://a:b@h/v"), {})
    with connector("amqp://a:b@h/v") as subject, pytest.raises(Refused):
        subject.encode("nobody.asked", b"<a/>")
    assert "b@h" not in repr(ConnectorSettings("tax", "amqp://a:b@h/v"))
