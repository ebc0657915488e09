"""Settling with a broker that does not take everything: what is accepted before what."""

import threading
from collections.abc import Sequence

from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.ports.broker import Delivery, Outgoing, Properties, PublishOutcome, Tag
from hub.ports.store import Child, End, Settlement
from hub.worker.patience import Patience
from hub.worker.settler import Settler

CONFIRMED, REFUSED = PublishOutcome.CONFIRMED, PublishOutcome.REFUSED


class Broker:
    """Refuses what goes to the queue "full" until it has been asked `times` for it."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.published: list[str] = []

    def publish(self, batch: Sequence[Outgoing]) -> list[PublishOutcome]:
        taken = [one.routing_key != "full" or self.left <= 0 for one in batch]
        self.published += [one.routing_key for one, is_taken in zip(batch, taken, strict=True) if is_taken]
        self.left -= 1
        return [CONFIRMED if is_taken else REFUSED for is_taken in taken]


class Store:
    def __init__(self) -> None:
        self.settled: list[tuple[str, str]] = []

    def settle(self, batch: Sequence[Settlement]) -> None:
        self.settled += [(one.message_id, one.outcome.value) for one in batch]


class Subscription:
    def __init__(self) -> None:
        self.acked: list[int] = []

    def ack(self, tags: Sequence[Tag]) -> None:
        self.acked += [tag.number for tag in tags]


def decided(
    number: int, message_id: str, queues: Sequence[str], outcome: End = End.FORWARDED, key: str = ""
) -> Decided:
    delivery = Delivery("intake.office", Tag(1, number), b"", Properties())
    publishes = tuple(Outgoing("", queue, b"", Properties()) for queue in queues)
    children = tuple(Child(f"delivery.{queue}", f"{message_id}/{queue}", "t", "d", key or None) for queue in queues)
    settlement = Settlement(
        "intake.office", message_id, "t", "office", message_id, "d", 1, outcome, None, 0, 1, children
    )
    return Decided(delivery, publishes, settlement)


def settle(times: int, *batch: Decided) -> tuple[Broker, Store, Subscription]:
    broker, store, subscription = Broker(times), Store(), Subscription()
    settler = Settler(broker, store, Patience(threading.Event()), Metrics())  # type: ignore[arg-type]
    settler.settle(batch, subscription)  # type: ignore[arg-type]
    return broker, store, subscription


def test_a_second_copy_does_not_end_a_message_whose_first_copy_still_waits() -> None:
    """Else, ended in this moment, the first copy would come again and be dropped: lost, with books that match."""
    first, copy = decided(1, "m", ["full"]), decided(2, "m", [], End.DUPLICATE)

    broker, store, subscription = settle(2, first, copy)

    assert broker.published == ["full"]
    assert store.settled == [("m", "forwarded"), ("m", "duplicate")]
    assert subscription.acked == [1, 2]


def test_what_the_broker_has_taken_is_not_published_again_while_the_rest_waits() -> None:
    broker, store, _ = settle(3, decided(1, "m", ["healthy", "full"]), decided(2, "n", ["healthy"]))

    assert broker.published == ["healthy", "healthy", "full"]
    assert store.settled == [("n", "forwarded"), ("m", "forwarded")]


def test_a_later_message_of_a_record_is_not_accepted_before_an_earlier_one() -> None:
    broker, store, _ = settle(2, decided(1, "m", ["full"], key="r"), decided(2, "n", ["healthy"], key="r"))

    assert store.settled == [("m", "forwarded"), ("n", "forwarded")]
    assert broker.published == ["healthy", "full"]
