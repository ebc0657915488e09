"""Broker port. Two adapters: `hub.brokers.rabbit` and `hub.brokers.memory`; `tests/contract` defines the behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hub.topology import Topology

HeaderValue = str | int | bool | None
KEPT_BYTES = 64 * 1024  # of a body that is longer than its subscription takes


@dataclass(frozen=True, slots=True)
class Properties:
    """AMQP 0-9-1 properties the hub uses. `headers` are as received: the values of a partner may be of any type."""

    message_id: str | None = None
    correlation_id: str | None = None
    type: str | None = None
    content_type: str | None = None
    user_id: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, object] = field(default_factory=dict)
    undecodable: bool = False  # the sender's headers made no sense: `headers` is empty


def dead_lettered_from(headers: Mapping[str, object]) -> str | None:
    """The queue the broker dead-lettered a message from, the last time it did.

    The broker puts its own entry first. What follows, and `x-first-death-queue`, may be older (a delay tier) or forged.
    """
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    queue = last.get("queue") if isinstance(last, dict) else None
    return queue if isinstance(queue, str) else None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish: persistent, mandatory, always. `exchange` "" is the default exchange."""

    exchange: str
    routing_key: str
    body: bytes
    properties: Properties


@dataclass(frozen=True, slots=True)
class Tag:
    """Identifies one delivery. Tags of an older channel `epoch` are stale: settling them does nothing."""

    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message the broker handed out. `delivery_count`: how often it was handed out before and not settled.

    `whole_size`: the body was longer than the subscription takes, and `body` is its beginning; 0 where it is whole.
    """

    queue: str
    tag: Tag
    body: bytes
    properties: Properties
    delivery_count: int = 0
    whole_size: int = 0


class PublishOutcome(Enum):
    """What the broker said about one publish."""

    CONFIRMED = "confirmed"  # on the disks of the queue's quorum
    RETURNED = "returned"  # no queue takes this routing key; the broker confirms it all the same
    REFUSED = "refused"  # nacked: the queue is full or failed


class Subscription(Protocol):
    """A consumer of one queue. Used by one thread at a time, except `ack`, which any thread may call.

    There is no pausing: who takes nothing is handed no more than the prefetch. Cancelling and consuming anew would
    cost every message under way a delivery, and so bring it closer to the delivery limit.
    """

    def take(self, most: int, timeout: float) -> list[Delivery]:
        """Return 1..most deliveries as soon as there is any, or [] after `timeout` seconds.

        Never waits for a fuller batch. A message with `delivery_count` >= 2 is returned alone: it may be the one
        that kills the process. Raises nothing on a lost connection: it reconnects and goes on (new epoch).
        """
        ...

    def ack(self, tags: Sequence[Tag]) -> None:
        """Settle these deliveries. Stale epochs are ignored. Uses `multiple` only for a contiguous settled prefix."""
        ...

    def current(self, tag: Tag) -> bool:
        """False when the channel of this tag is gone: the broker will deliver the message again."""
        ...

    def close(self) -> None:
        """Stop consuming and give back what was not acked."""
        ...


class Broker(Protocol):
    """A connection to a broker. Thread-safe. No method runs user code on the connection's I/O thread."""

    name: str  # "rabbitmq" or "memory"

    @property
    def version(self) -> str: ...

    @property
    def ready(self) -> bool:
        """Connected and not blocked by a resource alarm."""
        ...

    def publish(self, batch: Sequence[Outgoing], timeout: float = 30.0) -> list[PublishOutcome]:
        """Publish all, pipelined; return one outcome per message, in order, when the last is known.

        Raises BrokerUnavailable when the connection is lost, blocked, or not confirmed in `timeout` seconds:
        then nothing is known of any message of the batch, and publishing it again is safe (ids are deterministic).
        """
        ...

    def subscribe(self, queue: str, prefetch: int, most_bytes: int | None = None) -> Subscription:
        """Consume a queue. A body of more than `most_bytes` is cut to KEPT_BYTES as it arrives."""
        ...

    def declare(self, topology: Topology) -> None:
        """Create missing exchanges, queues and bindings. Raises ConfigError `config.topology` on a differing one."""
        ...

    def missing(self, topology: Topology) -> list[tuple[str, str]]:
        """("exchange" or "queue", name) of what is not there of the topology (passive declares only)."""
        ...

    def depth(self, queue: str) -> int:
        """Messages ready in the queue (not those handed out). Raises ConfigError `config.topology`: no such queue."""
        ...

    def unattended(self, queue: str) -> bool:
        """Messages are ready in the queue and nobody consumes it. Raises as `depth` does."""
        ...

    def close(self) -> None: ...
