"""The in-process broker: the same port without a server. Nothing survives the process.

Exchanges, bindings, queue TTL, delivery limit, dead-lettering and full queues behave as the topology says. Memory is
bounded by the queues' maximum length.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.errors import BrokerUnavailable, ConfigError
from hub.ports.broker import KEPT_BYTES, Delivery, Outgoing, Properties, PublishOutcome, Tag
from hub.topology import Topology


@dataclass(slots=True)
class _Stored:
    body: bytes
    properties: Properties
    routing_key: str
    count: int = 0
    due: float = 0.0


@dataclass(slots=True)
class _Queue:
    name: str
    definition: Mapping[str, str | int]
    ready: deque[_Stored] = field(default_factory=deque)
    unacked: int = 0
    consumers: int = 0

    @property
    def ttl(self) -> float | None:
        value = self.definition.get("message-ttl")
        return None if value is None else int(value) / 1000

    @property
    def full(self) -> bool:
        return len(self.ready) + self.unacked >= int(self.definition.get("max-length", 1_000_000))


class MemoryBroker:
    """Implements `hub.ports.broker.Broker`. One lock for everything: plain before fast."""

    name = "memory"
    version = "in-process"

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queues: dict[str, _Queue] = {}
        self._exchanges: dict[str, str] = {}
        self._alternates: dict[str, str | None] = {}
        self._bindings: list[tuple[str, str, str]] = []
        self._closed = False
        self._epochs = itertools.count(1)
        self._clock = threading.Thread(target=self._expire, name="memory-broker", daemon=True)
        self._clock.start()

    @property
    def ready(self) -> bool:
        return not self._closed

    def declare(self, topology: Topology) -> None:
        with self._changed:
            for exchange in topology.exchanges:
                if self._exchanges.setdefault(exchange.name, exchange.kind) != exchange.kind:
                    raise ConfigError(f"exchange {exchange.name} exists with another type", "config.topology")
                if self._alternates.setdefault(exchange.name, exchange.alternate) != exchange.alternate:
                    raise ConfigError(f"exchange {exchange.name} is another's", "config.municipality")
            for queue in topology.queues:
                if queue.name not in self._queues:
                    self._queues[queue.name] = _Queue(queue.name, topology.policy_of(queue.name))
            for binding in topology.bindings:
                entry = (binding.exchange, binding.queue, binding.routing_key)
                if entry not in self._bindings:
                    self._bindings.append(entry)

    def missing(self, topology: Topology) -> list[tuple[str, str]]:
        with self._changed:
            exchanges = [("exchange", one.name) for one in topology.exchanges if one.name not in self._exchanges]
            return exchanges + [("queue", one.name) for one in topology.queues if one.name not in self._queues]

    def depth(self, queue: str) -> int:
        with self._changed:
            return len(self._known(queue).ready)

    def unattended(self, queue: str) -> bool:
        with self._changed:
            found = self._known(queue)
            return bool(found.ready) and not found.consumers

    def publish(self, batch: Sequence[Outgoing], timeout: float = 30.0) -> list[PublishOutcome]:
        with self._changed:
            if self._closed:
                raise BrokerUnavailable("closed")
            outcomes = [self._publish(outgoing) for outgoing in batch]
            self._changed.notify_all()
            return outcomes

    def subscribe(self, queue: str, prefetch: int, most_bytes: int | None = None) -> "MemorySubscription":
        return MemorySubscription(self, queue, prefetch, most_bytes)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._clock.join()

    def _known(self, queue: str) -> _Queue:
        if queue not in self._queues:
            raise ConfigError(f"no queue {queue}", "config.topology")
        return self._queues[queue]

    def _publish(self, outgoing: Outgoing) -> PublishOutcome:
        targets = self._targets(outgoing.exchange, outgoing.routing_key)
        if not targets:
            return PublishOutcome.RETURNED
        if any(queue.full for queue in targets):
            return PublishOutcome.REFUSED
        for queue in targets:
            self._enqueue(queue, _Stored(outgoing.body, outgoing.properties, outgoing.routing_key))
        return PublishOutcome.CONFIRMED

    def _targets(self, exchange: str, key: str) -> list[_Queue]:
        if exchange == "":
            return [self._queues[key]] if key in self._queues else []
        if exchange not in self._exchanges:
            raise BrokerUnavailable(f"channel closed: no exchange {exchange}")
        kind = self._exchanges[exchange]
        names = [
            queue
            for bound, queue, pattern in self._bindings
            if bound == exchange and (kind == "fanout" or _matches(pattern, key))
        ]
        return [self._queues[name] for name in dict.fromkeys(names)]

    def _enqueue(self, queue: _Queue, stored: _Stored) -> None:
        if queue.ttl is not None:
            stored.due = time.monotonic() + queue.ttl
        queue.ready.append(stored)

    def _expire(self) -> None:
        """Moves expired messages on, in order: a queue TTL is the same for all, so the head is always due first."""
        with self._changed:
            while not self._closed:
                now, wake = time.monotonic(), None
                for queue in self._queues.values():
                    while queue.ttl is not None and queue.ready and queue.ready[0].due <= now:
                        if not self._dead_letter(queue, queue.ready[0], "expired"):
                            break
                        queue.ready.popleft()
                    if queue.ttl is not None and queue.ready:
                        due = max(queue.ready[0].due, now + 0.01)
                        wake = due if wake is None else min(wake, due)
                self._changed.wait(None if wake is None else wake - now)

    def _dead_letter(self, queue: _Queue, stored: _Stored, reason: str) -> bool:
        """False when there is no target or it is full: the message stays where it is (at-least-once)."""
        targets = self._targets(str(queue.definition.get("dead-letter-exchange", "")), stored.routing_key)
        if not targets or any(target.full for target in targets):
            return False
        earlier = stored.properties.headers.get("x-death")
        deaths = [{"queue": queue.name, "reason": reason}, *(earlier if isinstance(earlier, list) else [])]
        headers = {**stored.properties.headers, "x-death": deaths}
        moved = _Stored(stored.body, replace(stored.properties, headers=headers), stored.routing_key)
        for target in targets:
            self._enqueue(target, replace(moved))
        self._changed.notify_all()
        return True

    # used by MemorySubscription, under the lock

    def hand_out(self, queue: _Queue) -> _Stored | None:
        if not queue.ready:
            return None
        queue.unacked += 1
        return queue.ready.popleft()

    def take_back(self, queue: _Queue, stored: _Stored) -> None:
        """What was handed out and not settled, to the head of its queue, or dead-lettered beyond the limit."""
        stored.count += 1
        queue.unacked -= 1
        limit = queue.definition.get("delivery-limit")
        if limit is None or stored.count <= int(limit) or not self._dead_letter(queue, stored, "delivery_limit"):
            queue.ready.appendleft(stored)


class MemorySubscription:
    """Implements `hub.ports.broker.Subscription`."""

    def __init__(self, broker: MemoryBroker, queue: str, prefetch: int, most_bytes: int | None) -> None:
        self._broker = broker
        self._changed = broker._changed
        self._queue = broker._queues[queue]
        self._prefetch, self._most_bytes = prefetch, most_bytes
        self._closed = False
        self._epoch = next(broker._epochs)
        self._numbers = itertools.count(1)
        self._buffer: deque[tuple[Tag, _Stored]] = deque()
        self._unacked: dict[Tag, _Stored] = {}
        with self._changed:
            self._queue.consumers += 1

    def take(self, most: int, timeout: float) -> list[Delivery]:
        with self._changed:
            self._changed.wait_for(self._fill, timeout)
            taken: list[Delivery] = []
            while self._buffer and len(taken) < most:
                tag, stored = self._buffer[0]
                if stored.count >= 2 and taken:
                    break
                self._buffer.popleft()
                taken.append(self._delivery(tag, stored))
                if stored.count >= 2:
                    break
            return taken

    def _delivery(self, tag: Tag, stored: _Stored) -> Delivery:
        body, whole_size = stored.body, 0
        if self._most_bytes is not None and len(body) > self._most_bytes:
            body, whole_size = body[: min(self._most_bytes, KEPT_BYTES)], len(body)
        return Delivery(self._queue.name, tag, body, stored.properties, stored.count, whole_size)

    def ack(self, tags: Sequence[Tag]) -> None:
        with self._changed:
            for tag in tags:
                if tag.epoch == self._epoch and self._unacked.pop(tag, None) is not None:
                    self._queue.unacked -= 1
            self._changed.notify_all()

    def current(self, tag: Tag) -> bool:
        return tag.epoch == self._epoch

    def drop(self) -> None:
        """Lose the channel, as a broken connection would: everything unacked goes back, with one more count."""
        with self._changed:
            self._give_back()
            self._epoch = next(self._broker._epochs)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._queue.consumers -= not self._closed
            self._closed = True
            self._give_back()
            self._changed.notify_all()

    def _fill(self) -> bool:
        while not (self._closed or self._broker._closed) and len(self._unacked) < self._prefetch:
            stored = self._broker.hand_out(self._queue)
            if stored is None:
                break
            tag = Tag(self._epoch, next(self._numbers))
            self._unacked[tag] = stored
            self._buffer.append((tag, stored))
        return bool(self._buffer)

    def _give_back(self) -> None:
        self._buffer.clear()
        for stored in reversed(self._unacked.values()):
            self._broker.take_back(self._queue, stored)
        self._unacked.clear()


def _matches(pattern: str, key: str) -> bool:
    """AMQP topic matching: `*` one word, `#` any number of words."""
    return _words(pattern.split("."), key.split("."))


def _words(pattern: list[str], key: list[str]) -> bool:
    if not pattern:
        return not key
    if pattern[0] == "#":
        return _words(pattern[1:], key) or (bool(key) and _words(pattern, key[1:]))
    return bool(key) and pattern[0] in ("*", key[0]) and _words(pattern[1:], key[1:])
