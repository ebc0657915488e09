"""Refusals that come in one read, before the link's thread does anything else."""

from types import SimpleNamespace
from typing import Any, cast

from pika import spec
from pika.frame import Method

from hub.brokers.rabbit.publisher import Publisher, _Batch, _Lane
from hub.ports.broker import PublishOutcome


def test_the_refusals_of_a_batch_ask_for_one_new_channel() -> None:
    asked: list[object] = []
    channel = SimpleNamespace(connection=SimpleNamespace(params=SimpleNamespace(frame_max=131_072)))
    lane = _Lane(cast(Any, channel))
    publisher = Publisher.__new__(Publisher)
    publisher._lane, publisher._renewing = lane, False
    publisher.link = cast(Any, SimpleNamespace(call=asked.append))
    batch = _Batch(lane, 1, 3)
    lane.pending = {tag: (batch, tag - 1) for tag in (1, 2, 3)}

    for tag in (1, 2, 3):
        publisher._on_confirm(lane, Method(1, spec.Basic.Nack(tag)))

    assert batch.done.is_set()
    assert batch.outcomes == [PublishOutcome.REFUSED] * 3
    assert len(asked) == 1
