"""At-least-once dead-lettering, on a broker of its own: RabbitMQ 3.10 does not always get over what is done here."""

import time
from collections.abc import Iterator
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import DEAD_QUEUE, DELIVERY_LIMIT, HUB_USER, delivery_queue
from tests.installation import Installation, check, connected, polled, shown
from tests.nodes import RabbitServer, RabbitVhost

DEADLINE = 20.0


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitServer]:
    """Not the one the whole run shares."""
    with PrivateRabbit() as node:
        yield RabbitServer(node.amqp_url, node.management_url, node.version, node)


@pytest.fixture
def impatient(rabbit_vhost: RabbitVhost) -> Iterator[float]:
    """A broker that tries again what it could not dead-letter after seconds, not minutes; how long to wait for it."""
    variable = "dead_letter_worker_publisher_confirm_timeout"
    if rabbit_vhost.ctl is None:
        yield 240.0  # not ours to set: three minutes
        return
    before = rabbit_vhost.ctl("eval", f"{{ok, Before}} = application:get_env(rabbit, {variable}), Before.").strip()
    rabbit_vhost.ctl("eval", f"application:set_env(rabbit, {variable}, 2000).")
    yield 60.0
    rabbit_vhost.ctl("eval", f"application:set_env(rabbit, {variable}, {before}).")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_cannot_be_dead_lettered_is_kept_and_check_says_what_is_missing(
    impatient: float, applied: Installation, rabbit_vhost: RabbitVhost
) -> None:
    # Given: the home of a message in a delay tier is gone, and the queue `dead` is not bound
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    home, origin = delivery_queue("welfare"), delivery_queue("pmh")
    with connected(applied, HUB_USER) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        api.call("DELETE", "queues", vhost, home)
        api.call("DELETE", "bindings", vhost, "e", "dead", "q", DEAD_QUEUE, "%23")
        channel.basic_publish("retry.200ms", home, b"late", pika.BasicProperties(delivery_mode=2))

        # And a message is handed out and not settled once more often than the delivery limit
        channel.basic_publish("", origin, b"poison", pika.BasicProperties(delivery_mode=2))
        for _ in range(DELIVERY_LIMIT + 1):
            tag = next(method for method in _gotten(channel, origin) if method is not None).delivery_tag
            channel.basic_reject(tag, requeue=True)

        # When, Then: check names both
        missing = {("create", "queue", home), ("create", "binding", f"dead ─#─▶ {DEAD_QUEUE}")}
        assert shown(check(applied, expect=1)) == missing
        assert channel.basic_get(origin, auto_ack=True)[0] is None

        # When they are made again, Then both messages arrive: at-least-once has kept them
        applied.apply()
        for queue, body in ((home, b"late"), (DEAD_QUEUE, b"poison")):
            assert next(found for found in polled(channel, queue, impatient) if found is not None) == body


def _gotten(channel: BlockingChannel, queue: str) -> Iterator[Any]:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        yield channel.basic_get(queue)[0]
    raise AssertionError(f"nothing in {queue}")
