"""The partner's publisher against a real RabbitMQ."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.client import EXCHANGE, Client, Publication
from hub.errors import BrokerUnavailable, Refused
from hub.sandbox.process import LOOPBACK, free_ports
from tests.nodes import RabbitVhost

PARTNER = "welfare"
TYPE = "welfare.eligibility"
QUEUE = f"intake.{PARTNER}"


@pytest.fixture
def door(rabbit_vhost: RabbitVhost) -> RabbitVhost:
    """A vhost with the exchange and the door of one partner."""
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    api.call("PUT", "exchanges", vhost, EXCHANGE, body={"type": "topic", "durable": True})
    api.call("PUT", "queues", vhost, QUEUE, body={"durable": True, "arguments": {"x-queue-type": "quorum"}})
    api.call("POST", "bindings", vhost, "e", EXCHANGE, "q", QUEUE, body={"routing_key": f"{PARTNER}.#"})
    return rabbit_vhost


def received(door: RabbitVhost, most: int = 5000) -> list[dict[str, Any]]:
    """Take everything from the door's queue."""
    request = {"count": most, "ackmode": "ack_requeue_false", "encoding": "auto"}
    found: list[dict[str, Any]] = door.management.call("POST", "queues", door.vhost, QUEUE, "get", body=request)
    return found


def publications(count: int) -> list[Publication]:
    return [Publication(TYPE, f"<n>{number}</n>".encode(), "child-subsidy") for number in range(count)]


@contextmanager
def proxy(amqp_url: str, cut_after: int | None = None, answer_delay: float = 0) -> Iterator[str]:
    """A way to the broker that cuts its first connection after so many bytes, or delays the answers."""
    target = urlsplit(amqp_url)
    port = free_ports(1)[0]
    listener = socket.create_server((LOOPBACK, port))

    def pump(source: socket.socket, sink: socket.socket, budget: int | None, delay: float) -> None:
        try:
            while data := source.recv(65536):
                if budget is not None and (budget := budget - len(data)) < 0:
                    break
                time.sleep(delay)
                sink.sendall(data)
        except OSError:
            pass  # the other direction has cut the connection
        for each in (source, sink):
            each.close()

    def serve() -> None:
        budget = cut_after
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((LOOPBACK, target.port or 5672))
            for arguments in ((client, server, budget, 0), (server, client, None, answer_delay)):
                threading.Thread(target=pump, args=arguments, daemon=True).start()
            budget = None

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield amqp_url.replace(f":{target.port}", f":{port}")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_published_message_is_at_the_door_with_its_properties(door: RabbitVhost) -> None:
    # When
    with Client(door.amqp_url, PARTNER) as client:
        message_id = client.publish(TYPE, "<n>髙</n>".encode(), purpose="child-subsidy", version=2)

    # Then
    (message,) = received(door)
    assert message["payload"] == "<n>髙</n>"
    assert message["routing_key"] == "welfare.welfare.eligibility"
    del message["properties"]["headers"]["x-delivery-count"]  # the broker's own
    assert message["properties"] == {
        "message_id": message_id,
        "correlation_id": message_id,
        "type": TYPE,
        "delivery_mode": 2,
        "content_type": "application/xml",
        "content_encoding": "utf-8",
        "headers": {"version": 2, "purpose": "child-subsidy"},
    }


def test_a_batch_larger_than_the_window_arrives_whole_and_in_order(door: RabbitVhost) -> None:
    # Given
    batch = publications(1200)

    # When
    with Client(door.amqp_url, PARTNER) as client:
        client.publish_many(batch)

    # Then
    assert [each["properties"]["message_id"] for each in received(door)] == [each.message_id for each in batch]


def test_a_batch_is_pipelined(door: RabbitVhost) -> None:
    # Given: a broker 50 ms away
    batch = publications(400)
    with proxy(door.amqp_url, answer_delay=0.05) as url, Client(url, PARTNER) as client:
        # When
        started = time.monotonic()
        client.publish_many(batch)

    # Then: one by one the answers alone would take 20 s
    assert time.monotonic() - started < 10


def test_a_message_without_a_queue_is_refused_and_the_client_stays_usable(door: RabbitVhost) -> None:
    with Client(door.amqp_url, "nobody") as stranger, pytest.raises(Refused) as refused:
        stranger.publish(TYPE, b"<n/>", purpose="child-subsidy")
    assert refused.value.code == "publish.unroutable"

    # Given
    with Client(door.amqp_url, "nobody") as client:
        with pytest.raises(Refused):
            client.publish(TYPE, b"<n/>", purpose="child-subsidy")
        # When: the door is opened
        binding = {"routing_key": "nobody.#"}
        door.management.call("POST", "bindings", door.vhost, "e", EXCHANGE, "q", QUEUE, body=binding)
        # Then
        client.publish(TYPE, b"<n/>", purpose="child-subsidy")
    assert len(received(door)) == 1


def test_a_hub_that_is_not_set_up_is_told_from_a_broker_that_is_down(rabbit_vhost: RabbitVhost) -> None:
    with Client(rabbit_vhost.amqp_url, PARTNER) as client, pytest.raises(Refused) as refused:
        client.publish(TYPE, b"<n/>", purpose="child-subsidy")
    assert refused.value.code == "publish.unroutable"


def test_another_partners_name_is_forbidden(door: RabbitVhost) -> None:
    # Given: a user whose topic permission covers its own routing keys only
    api, user = door.management, f"{door.user}-{PARTNER}"
    api.call("PUT", "users", user, body={"password": "only-for-this-test", "tags": ""})
    rights = {"configure": "^$", "write": f"^{EXCHANGE}$", "read": "^$"}
    api.call("PUT", "permissions", door.vhost, user, body=rights)
    topic = {"exchange": EXCHANGE, "write": rf"^{PARTNER}\.", "read": "^$"}
    api.call("PUT", "topic-permissions", door.vhost, user, body=topic)
    url = door.amqp_url.replace(f"{door.user}:{door.password}", f"{user}:only-for-this-test")
    try:
        # When
        with Client(url, PARTNER) as honest, Client(url, "tax") as forger:
            honest.publish(TYPE, b"<n/>", purpose="child-subsidy")
            with pytest.raises(Refused) as refused:
                forger.publish(TYPE, b"<n/>", purpose="child-subsidy")
        # Then
        assert refused.value.code == "publish.forbidden"
        assert len(received(door)) == 1
    finally:
        api.call("DELETE", "users", user)


def test_a_wrong_password_is_not_waited_for(door: RabbitVhost) -> None:
    url = door.amqp_url.replace(door.password, "wrong")
    started = time.monotonic()
    with Client(url, PARTNER, patience=20) as client, pytest.raises(Refused) as refused:
        client.publish(TYPE, b"<n/>", purpose="child-subsidy")
    assert refused.value.code == "publish.forbidden"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("cut_after", [20, 3_000, 60_000])
def test_a_connection_lost_on_the_way_costs_nothing(door: RabbitVhost, cut_after: int) -> None:
    # Given
    batch = publications(400)

    # When: it is cut during the handshake, early, or amid the batch
    with proxy(door.amqp_url, cut_after=cut_after) as url, Client(url, PARTNER) as client:
        client.publish_many(batch)

    # Then: everything is there, at least once, under its own id
    found = [each["properties"]["message_id"] for each in received(door)]
    assert set(found) == {each.message_id for each in batch}


def test_a_full_queue_is_reported_and_the_message_can_be_sent_again(door: RabbitVhost) -> None:
    # Given: a queue that takes two messages
    definition = {"max-length": 2, "overflow": "reject-publish"}
    policy = {"pattern": ".*", "definition": definition, "apply-to": "queues"}
    door.management.call("PUT", "policies", door.vhost, "small", body=policy)
    with Client(door.amqp_url, PARTNER, patience=1) as client:
        # When: one after another, as the limit is not sharp
        with pytest.raises(BrokerUnavailable):
            for each in publications(50):
                client.publish_many([each])
        # Then: space is made, and the message that did not fit goes through
        found = received(door)
        client.publish_many([each])
    found += received(door)
    assert each.message_id in [one["properties"]["message_id"] for one in found]


def test_a_broker_that_is_down_is_reported_in_time() -> None:
    url = f"amqp://guest:guest@{LOOPBACK}:{free_ports(1)[0]}/%2F"
    started = time.monotonic()
    with Client(url, PARTNER, patience=1) as client, pytest.raises(BrokerUnavailable):
        client.publish(TYPE, b"<n/>", purpose="child-subsidy")
    assert time.monotonic() - started < 3


def test_the_body_does_not_show_in_a_representation() -> None:
    assert "secret" not in repr(Publication(TYPE, b"secret", "child-subsidy"))
