"""What the broker port promises, on every adapter."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from hub.brokers.memory import MemoryBroker
from hub.brokers.rabbit import RabbitBroker
from hub.errors import BrokerUnavailable, ConfigError
from hub.ports.broker import (
    KEPT_BYTES,
    Broker,
    Delivery,
    Outgoing,
    Properties,
    PublishOutcome,
    Subscription,
    dead_lettered_from,
)
from hub.topology import Exchange, build
from tests.nodes import RabbitVhost

CONFIRMED, RETURNED, REFUSED = PublishOutcome.CONFIRMED, PublishOutcome.RETURNED, PublishOutcome.REFUSED
WORK = "delivery.welfare"
TOPOLOGY = build(["tax"], ["welfare"], ["welfare", "pmh"], ["300ms", "2s"])
DEADLINE = 15.0


@dataclass
class Bench:
    """A broker with the topology, and the means to hurt it."""

    broker: Broker
    drop: Callable[[Subscription], None]
    limit: Callable[[str, dict[str, object]], None]


@pytest.fixture(params=["memory", "rabbit"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    build_bench = _memory if request.param == "memory" else _rabbit
    yield from build_bench(request)


def _memory(_request: pytest.FixtureRequest) -> Iterator[Bench]:
    broker = MemoryBroker()
    broker.declare(TOPOLOGY)

    def limit(queue: str, definition: dict[str, object]) -> None:
        broker._queues[queue].definition = broker._queues[queue].definition | definition  # type: ignore[operator]

    yield Bench(broker, lambda subscription: subscription.drop(), limit)  # type: ignore[attr-defined]
    broker.close()


def _rabbit(request: pytest.FixtureRequest) -> Iterator[Bench]:
    vhost: RabbitVhost = request.getfixturevalue("rabbit_vhost")

    def policy(name: str, pattern: str, definition: dict[str, object], priority: int) -> None:
        body = {"pattern": pattern, "definition": definition, "apply-to": "queues", "priority": priority}
        vhost.management.call("PUT", "policies", vhost.vhost, name, body=body)

    for one in TOPOLOGY.policies:
        policy(one.name, one.pattern, dict(one.definition), one.priority)
    broker = RabbitBroker(vhost.amqp_url)
    broker.declare(TOPOLOGY)

    def limit(queue: str, definition: dict[str, object]) -> None:
        base = TOPOLOGY.policy_of(queue)
        policy("test", f"^{queue}$", base | definition, 99)
        await_(lambda: _effective(vhost, queue) == "test")

    def drop(subscription: Subscription) -> None:
        channel = subscription._channel  # type: ignore[attr-defined]
        assert channel is not None
        broker._link.call(lambda _: channel.close())
        await_(lambda: subscription._channel is not channel)  # type: ignore[attr-defined]

    yield Bench(broker, drop, limit)
    broker.close()


def _effective(vhost: RabbitVhost, queue: str) -> object:
    return vhost.management.call("GET", "queues", vhost.vhost, queue).get("policy")


def await_(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def message(body: str, queue: str = WORK, exchange: str = "", **headers: object) -> Outgoing:
    return Outgoing(exchange, queue, body.encode(), Properties(message_id=body, type="t", headers=headers))


def take(subscription: Subscription, count: int, seconds: float = DEADLINE) -> list[Delivery]:
    taken: list[Delivery] = []
    deadline = time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < deadline:
        taken += subscription.take(count - len(taken), 0.1)
    return taken


def bodies(deliveries: list[Delivery]) -> list[str]:
    return [delivery.body.decode() for delivery in deliveries]


def test_what_is_confirmed_arrives_in_order_with_its_properties(bench: Bench) -> None:
    subscription = bench.broker.subscribe(WORK, 100)
    sent = [message(str(n), number=n, text="四") for n in range(50)]

    assert bench.broker.publish(sent) == [CONFIRMED] * 50

    taken = take(subscription, 50)
    assert bodies(taken) == [str(n) for n in range(50)]
    assert [t.properties.headers["number"] for t in taken] == list(range(50))
    assert (taken[0].properties.message_id, taken[0].properties.headers["text"]) == ("0", "四")
    assert (taken[0].delivery_count, taken[0].queue) == (0, WORK)


def test_one_message_is_handed_out_without_waiting_for_more(bench: Bench) -> None:
    subscription = bench.broker.subscribe(WORK, 100)
    bench.broker.publish([message("a")])

    assert bodies(subscription.take(100, DEADLINE)) == ["a"]
    assert subscription.take(100, 0.05) == []


def test_unroutable_is_matched_per_publish_not_by_message_id(bench: Bench) -> None:
    batch = [message("same"), message("same", queue="nowhere"), message("same")]

    assert bench.broker.publish(batch) == [CONFIRMED, RETURNED, CONFIRMED]
    assert len(take(bench.broker.subscribe(WORK, 10), 2)) == 2


def test_the_door_takes_only_routing_keys_of_partners_that_publish(bench: Bench) -> None:
    batch = [message("a", "tax.tax.reply", "intake"), message("b", "pmh.x", "intake")]

    assert bench.broker.publish(batch) == [CONFIRMED, RETURNED]
    assert bodies(take(bench.broker.subscribe("intake.tax", 10), 1)) == ["a"]


def test_a_full_queue_refuses_and_the_others_go_on(bench: Bench) -> None:
    bench.limit(WORK, {"max-length": 5})

    def refused() -> bool:
        return REFUSED in bench.broker.publish([message("x")])

    await_(refused)  # a quorum queue may take a few more than its limit before it notices

    assert bench.broker.publish([message("y", "delivery.pmh")]) == [CONFIRMED]


def test_no_more_than_the_prefetch_is_handed_out(bench: Bench) -> None:
    bench.broker.publish([message(str(n)) for n in range(20)])
    subscription = bench.broker.subscribe(WORK, 7)

    first = take(subscription, 7)
    assert subscription.take(1, 0.2) == []
    subscription.ack([first[0].tag, first[1].tag])

    assert bodies(take(subscription, 2)) == ["7", "8"]


def test_what_is_not_acked_comes_again_and_is_counted(bench: Bench) -> None:
    bench.broker.publish([message(str(n)) for n in range(3)])
    subscription = bench.broker.subscribe(WORK, 10)
    taken = take(subscription, 3)
    subscription.ack([taken[0].tag])
    await_(lambda: _acked(bench, 0))

    bench.drop(subscription)
    assert not subscription.current(taken[1].tag)

    again = take(subscription, 2)
    assert bodies(again) == ["1", "2"]
    assert [delivery.delivery_count for delivery in again] == [1, 1]
    assert not subscription.current(taken[1].tag)
    assert subscription.current(again[0].tag)


def _acked(bench: Bench, ready: int) -> bool:
    return bench.broker.depth(WORK) == ready


def test_acks_of_a_lost_channel_settle_nothing(bench: Bench) -> None:
    bench.broker.publish([message("a")])
    subscription = bench.broker.subscribe(WORK, 10)
    stale = take(subscription, 1)
    bench.drop(subscription)
    fresh = take(subscription, 1)

    subscription.ack([stale[0].tag])
    bench.drop(subscription)

    assert bodies(take(subscription, 1)) == ["a"]
    assert fresh[0].tag != stale[0].tag


def test_acks_in_any_order_settle_exactly_those(bench: Bench) -> None:
    bench.broker.publish([message(str(n)) for n in range(6)])
    subscription = bench.broker.subscribe(WORK, 10)
    taken = take(subscription, 6)
    for position in (4, 1, 0, 3):
        subscription.ack([taken[position].tag])

    other = bench.broker.subscribe(WORK, 10)
    subscription.close()

    assert bodies(take(other, 2)) == ["2", "5"]
    assert other.take(1, 0.2) == []


def test_a_suspect_is_handed_out_alone(bench: Bench) -> None:
    bench.broker.publish([message("a"), message("b")])
    subscription = bench.broker.subscribe(WORK, 10)
    for _ in range(2):
        take(subscription, 2)
        bench.drop(subscription)

    assert bodies(_batch(subscription)) == ["a"]
    assert bodies(_batch(subscription)) == ["b"]


def _batch(subscription: Subscription) -> list[Delivery]:
    return subscription.take(10, DEADLINE)


def test_a_delay_tier_brings_a_message_home_whole(bench: Bench) -> None:
    subscription = bench.broker.subscribe(WORK, 10)

    began = time.monotonic()
    assert bench.broker.publish([message("a", WORK, "retry.300ms", attempt=2)]) == [CONFIRMED]
    home = take(subscription, 1)

    assert time.monotonic() - began > 0.25
    assert bodies(home) == ["a"]
    assert (home[0].properties.message_id, home[0].properties.headers["attempt"]) == ("a", 2)


def test_a_short_tier_does_not_wait_behind_a_long_one(bench: Bench) -> None:
    subscription = bench.broker.subscribe(WORK, 10)

    bench.broker.publish([message("long", WORK, "retry.2s"), message("short", WORK, "retry.300ms")])

    assert bodies(take(subscription, 2)) == ["short", "long"]


def test_a_tier_keeps_the_order(bench: Bench) -> None:
    subscription = bench.broker.subscribe(WORK, 600)

    bench.broker.publish([message(str(n), WORK, "retry.300ms") for n in range(500)])

    assert bodies(take(subscription, 500)) == [str(n) for n in range(500)]


def test_beyond_the_delivery_limit_a_message_stands_in_the_dead_queue(bench: Bench) -> None:
    bench.limit(WORK, {"delivery-limit": 2})
    bench.broker.publish([message("poison")])
    subscription = bench.broker.subscribe(WORK, 10)
    for _ in range(3):
        assert bodies(take(subscription, 1)) == ["poison"]
        bench.drop(subscription)

    dead = take(bench.broker.subscribe("dead", 10), 1)

    assert bodies(dead) == ["poison"]
    assert dead_lettered_from(dead[0].properties.headers) == WORK


def test_where_a_message_died_is_told_by_its_last_death_not_by_its_first_or_a_forged_one(bench: Bench) -> None:
    bench.limit(WORK, {"delivery-limit": 0})
    forged = [{"queue": "intake.tax", "reason": "delivery_limit", "exchange": "", "count": 999}]
    headers = {"x-death": forged, "x-first-death-queue": "intake.tax"}
    bench.broker.publish([message("a", WORK, "retry.300ms", **headers)])
    subscription = bench.broker.subscribe(WORK, 10)

    assert dead_lettered_from(take(subscription, 1)[0].properties.headers) == "retry.300ms"
    bench.drop(subscription)

    dead = take(bench.broker.subscribe("dead", 10), 1)
    assert dead_lettered_from(dead[0].properties.headers) == WORK


def test_closing_gives_back_what_was_not_acked(bench: Bench) -> None:
    bench.broker.publish([message(str(n)) for n in range(4)])
    subscription = bench.broker.subscribe(WORK, 10)
    taken = take(subscription, 4)
    subscription.ack([taken[0].tag])
    subscription.close()

    assert bodies(take(bench.broker.subscribe(WORK, 10), 3)) == ["1", "2", "3"]


def test_a_batch_of_a_thousand_has_an_outcome_each(bench: Bench) -> None:
    batch = [message(str(n), WORK if n % 10 else "nowhere") for n in range(1000)]

    outcomes = bench.broker.publish(batch)

    assert outcomes == [CONFIRMED if n % 10 else RETURNED for n in range(1000)]
    assert bodies(take(bench.broker.subscribe(WORK, 1000), 900)) == [str(n) for n in range(1000) if n % 10]


def test_bodies_of_any_size_arrive_whole(bench: Bench) -> None:
    sizes = [0, 1, 131_063, 131_064, 131_065, 1_000_000]
    batch = [Outgoing("", WORK, bytes([65 + n]) * size, Properties()) for n, size in enumerate(sizes)]

    assert bench.broker.publish(batch) == [CONFIRMED] * len(sizes)

    taken = take(bench.broker.subscribe(WORK, 10), len(sizes))
    assert [delivery.body for delivery in taken] == [outgoing.body for outgoing in batch]


def test_a_body_longer_than_the_subscription_takes_is_cut_and_its_size_is_told(bench: Bench) -> None:
    sizes = [0, 100_000, 100_001, 3_000_000, 5, 99_999]
    batch = [Outgoing("", WORK, bytes([65 + n]) * size, Properties()) for n, size in enumerate(sizes)]
    assert bench.broker.publish(batch) == [CONFIRMED] * len(sizes)

    taken = take(bench.broker.subscribe(WORK, 10, most_bytes=100_000), len(sizes))

    assert [delivery.whole_size for delivery in taken] == [0, 0, 100_001, 3_000_000, 0, 0]
    kept = [one.body[:KEPT_BYTES] if len(one.body) > 100_000 else one.body for one in batch]
    assert [delivery.body for delivery in taken] == kept


def test_an_unknown_exchange_confirms_nothing_and_the_next_publish_works(bench: Bench) -> None:
    with pytest.raises(BrokerUnavailable):
        bench.broker.publish([message("a", exchange="nowhere")])

    assert bench.broker.publish([message("b")]) == [CONFIRMED]


def test_the_depth_of_a_missing_queue_is_a_named_error(bench: Bench) -> None:
    with pytest.raises(ConfigError) as refused:
        bench.broker.depth("delivery.nowhere")

    assert refused.value.code == "config.topology"


def test_a_queue_is_unattended_while_messages_wait_and_nobody_consumes(bench: Bench) -> None:
    assert not bench.broker.unattended(WORK)  # nothing waits
    bench.broker.publish([message("a"), message("b")])
    assert bench.broker.unattended(WORK)

    subscription = bench.broker.subscribe(WORK, 1)
    await_(lambda: not bench.broker.unattended(WORK))  # one waits still

    subscription.close()
    await_(lambda: bench.broker.unattended(WORK))
    with pytest.raises(ConfigError):
        bench.broker.unattended("delivery.nowhere")


def test_many_threads_publish_at_once(bench: Bench) -> None:
    outcomes: list[PublishOutcome] = []

    def publish(name: int) -> None:
        outcomes.extend(bench.broker.publish([message(f"{name}/{n}") for n in range(250)]))

    threads = [threading.Thread(target=publish, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [CONFIRMED] * 1000
    taken = bodies(take(bench.broker.subscribe(WORK, 2000), 1000))
    for name in range(4):
        assert [text for text in taken if text.startswith(f"{name}/")] == [f"{name}/{n}" for n in range(250)]


def test_refusals_of_a_full_queue_lose_nothing_of_what_others_publish(bench: Bench) -> None:
    """Given a queue that is full, and threads that publish to it and to another
    When refusals and confirms come in between each other
    Then each publish has the outcome it has in truth
    """
    bench.limit(WORK, {"max-length": 5})
    await_(lambda: REFUSED in bench.broker.publish([message("x")]))
    full, free = bench.broker.depth(WORK), "delivery.pmh"
    outcomes: list[PublishOutcome] = []
    refusals: list[PublishOutcome] = []

    def publish(name: int) -> None:
        for n in range(50):
            found = bench.broker.publish([message(f"{name}/{n}", WORK), message(f"{name}/{n}", free)])
            refusals.append(found[0])
            outcomes.append(found[1])

    threads = [threading.Thread(target=publish, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [CONFIRMED] * 200
    await_(lambda: bench.broker.depth(free) == 200)
    await_(lambda: bench.broker.depth(WORK) == full + refusals.count(CONFIRMED))
    assert REFUSED in refusals


def test_missing_names_what_is_not_there(bench: Bench) -> None:
    wider = build(["tax"], ["welfare"], ["welfare", "pmh", "bank"], ["300ms", "2s", "9s"])

    assert bench.broker.missing(TOPOLOGY) == []
    assert bench.broker.missing(wider) == [
        ("exchange", "retry.9s"),
        ("queue", "delivery.bank"),
        ("queue", "retry.9s"),
    ]


def test_declaring_again_changes_nothing(bench: Bench) -> None:
    bench.broker.publish([message("a")])
    bench.broker.declare(TOPOLOGY)

    assert bench.broker.missing(TOPOLOGY) == []
    assert bodies(take(bench.broker.subscribe(WORK, 10), 1)) == ["a"]


def test_a_differing_exchange_is_an_error_not_a_change(bench: Bench) -> None:
    with pytest.raises(ConfigError) as refused:
        bench.broker.declare(replace(TOPOLOGY, exchanges=(Exchange("intake", "fanout"),)))

    assert refused.value.code == "config.topology"
