"""A refusal makes the publisher take another channel: one for a whole batch, and none is left behind."""

import time
from collections.abc import Callable

import pytest
from pika.channel import Channel

from hub.brokers.rabbit.broker import RabbitBroker
from hub.brokers.rabbit.publisher import Publisher
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.topology import build, delivery_queue
from tests.nodes import RabbitVhost

FULL, FREE = delivery_queue("pmh"), delivery_queue("welfare")
SECONDS = 30


def message(queue: str) -> Outgoing:
    return Outgoing("", queue, b"x", Properties(message_id="m", type="t"))


def test_a_batch_that_is_refused_takes_one_new_channel(
    rabbit_vhost: RabbitVhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a full queue and a free one
    When a batch goes to both in turn, so that refusals and confirms come one by one
    Then one channel takes the place of the one before, which is closed
    """
    opened: list[Channel] = []
    channel_open = Publisher._channel_open

    def watched(self: Publisher, channel: Channel) -> None:
        opened.append(channel)
        channel_open(self, channel)

    monkeypatch.setattr(Publisher, "_channel_open", watched)
    full = {"max-length": 5, "overflow": "reject-publish"}
    body = {"pattern": f"^{FULL}$", "definition": full, "apply-to": "queues"}
    rabbit_vhost.management.call("PUT", "policies", rabbit_vhost.vhost, "full", body=body)
    broker = RabbitBroker(rabbit_vhost.amqp_url)
    broker.declare(build((), (), ("pmh", "welfare"), ()))
    try:
        until(lambda: PublishOutcome.REFUSED in broker.publish([message(FULL)]), "the queue is full")
        until(lambda: sum(channel.is_open for channel in opened) == 1, "the channel before is closed")
        before = len(opened)

        outcomes = broker.publish([message(queue) for _ in range(250) for queue in (FULL, FREE)])

        assert set(outcomes[1::2]) == {PublishOutcome.CONFIRMED}
        assert set(outcomes[::2]) == {PublishOutcome.REFUSED}
        until(lambda: sum(channel.is_open for channel in opened) == 1, "the channel before is closed")
        assert len(opened) - before <= 2
    finally:
        broker.close()


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not so: {what}"
        time.sleep(0.02)
