"""How long a message takes through a hop, from when it was due at the broker until a consumer of the target has it.

A steady flow at a share of the hop's own capacity, which one round has found just before. Times count from when a
message was due, not from when it could be sent: a publisher that is held up does not hide it. Publisher and consumer
share the machine with hub and broker.
"""

import gc
import statistics
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection

import contestants
import pika
from contest import contest
from place import KEY, TARGET, Place, letter, place
from processes import alive, running
from row import Row, Size

COUNTS = {"quick": (1_000, 2.0), "short": (5_000, 10.0), "full": (10_000, 20.0)}  # messages, seconds of flow
GOALS = {0.3: 25.0, 0.7: 100.0}  # p99 in milliseconds, by share of the capacity
TICK = 0.005
SILENCE = 30.0  # seconds after which nothing more is awaited


def rows(size: Size) -> Iterator[Row]:
    messages, seconds = COUNTS[size]
    with place("quorum") as where:
        hub = contestants.hub(where, 1)
        capacity = contest(where, [hub], messages, 1)[hub.name][0].rate
        for share, goal in GOALS.items():
            times = sorted(_flow(where, capacity * share, seconds))
            p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
            detail = {"rate": round(capacity * share), "messages": len(times), "p50_ms": round(p50, 1)}
            what = f"p99 latency of a hop at {share:.0%} of its capacity"
            yield Row(what, round(p99, 1), "ms", goal, False, {"hub": hub.settings}, detail)


def _flow(where: Place, rate: float, seconds: float) -> list[float]:
    """Milliseconds of every message. Raises AssertionError where one is lost or comes twice."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    count = int(rate * seconds)
    consumer = context.Process(target=_arrivals, args=(where.node.amqp_url, count, theirs))
    with running([where.hub()], where.environment) as processes:
        consumer.start()
        try:
            assert ours.recv() == "ready"
            where.publish([letter("intake", KEY, 10**9)])  # the hub has started when it has come through
            while not ours.poll(0.1):
                alive(processes, "hub")
            assert ours.recv() == "first"
            due = _publish(where, rate, count)
            arrived: list[tuple[str, float]] = ours.recv()
        finally:
            consumer.join(SILENCE)
            consumer.kill()
    assert len(arrived) == len({one for one, _ in arrived}) == count, f"{len(arrived)} of {count} arrived"
    return [(at - due[one]) * 1000 for one, at in arrived]


def _publish(where: Place, rate: float, count: int) -> dict[str, float]:
    """When each message was due, by its id."""
    letters = [letter("intake", KEY, number) for number in range(count)]
    gc.collect()
    gc.freeze()
    begin, sent, due = time.time() + 0.1, 0, {}
    while sent < count:
        until = min(count, int((time.time() - begin) * rate))
        if until > sent:
            batch = letters[sent:until]
            due |= {str(one.properties.message_id): begin + (sent + n) / rate for n, one in enumerate(batch, start=1)}
            where.publish(batch)
            sent = until
        time.sleep(TICK)
    return due


def _arrivals(url: str, count: int, told: Connection) -> None:
    """Wall-clock times by the id of the message that caused each; in a process of its own."""
    gc.disable()  # the pauses that are measured are the hub's alone
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel, found = connection.channel(), []
        told.send("ready")
        for number, (_, properties, _) in enumerate(channel.consume(TARGET, True, inactivity_timeout=SILENCE)):
            if properties is None:
                break
            if number == 0:
                told.send("first")
                continue
            found.append((properties.correlation_id, time.time()))
            if number == count:
                break
        told.send(found)
