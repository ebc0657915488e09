"""Who takes part in a contest of hops, and with which settings; peers have the best that were found for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from contest import Contestant
from place import BARE_SOURCE, BARE_TARGET, DOOR, TARGET, Place

from hub.sandbox.process import wait_until

PEERS = Path(__file__).with_name("peers")
BIN = Path(__file__).with_name(".venv") / "bin"
SHOVEL_PREFETCH = 1000
SECONDS = 60.0


def hub(where: Place, workers: int) -> Contestant:
    settings = f"{workers} × renkei run --role intake, as shipped (batch, prefetch), SQLite synchronous FULL"
    return Contestant(f"hub ×{workers}", settings, DOOR, TARGET, where.fill_door, [where.hub()] * workers, workers)


def bare_pika(where: Place, workers: int) -> Contestant:
    command = [sys.executable, str(PEERS / "bare_pika.py"), BARE_SOURCE, BARE_TARGET]
    settings = f"{workers} × SelectConnection, pipelined confirms, multiple acks, prefetch 250"
    return Contestant(
        f"bare pika ×{workers}", settings, BARE_SOURCE, BARE_TARGET, where.fill_bare, [command] * workers, workers
    )


def faststream(where: Place, workers: int) -> Contestant:
    command = [str(BIN / "python"), str(PEERS / "faststream_relay.py"), BARE_SOURCE, BARE_TARGET]
    settings = f"{workers} processes, uvloop, prefetch 250, confirms, no type casting"
    return Contestant(
        f"FastStream ×{workers}", settings, BARE_SOURCE, BARE_TARGET, where.fill_bare, [command] * workers, workers, 0.4
    )


def dramatiq(where: Place) -> Contestant:
    command = [str(BIN / "dramatiq"), "dramatiq_relay", "--processes", "2", "--threads", "8",
               "--queues", "bench_dramatiq"]  # fmt: skip
    return Contestant(
        "dramatiq", "2 processes × 8 threads, prefetch 250, confirms, no middleware", "bench_dramatiq",
        "bench_dramatiq_out", lambda count: _fill(where, "dramatiq_relay.py", count), [command], 2, 0.3, PEERS,
        {"dramatiq_queue_prefetch": "250"},
    )  # fmt: skip


def celery(where: Place) -> Contestant:
    command = [str(BIN / "celery"), "-A", "celery_relay", "worker", "--pool", "prefork", "--concurrency", "2",
               "--queues", "bench_celery", "--without-gossip", "--without-mingle", "--without-heartbeat",
               "--loglevel", "ERROR"]  # fmt: skip
    return Contestant(
        "Celery", "prefork × 2, prefetch 250 each, late ack, confirms, no results, gossip or mingle", "bench_celery",
        "bench_celery_out", lambda count: _fill(where, "celery_relay.py", count), [command], 1, 0.15, PEERS,
    )  # fmt: skip


def shovel(where: Place, workers: int) -> Contestant:
    names = [f"bench-{number}" for number in range(workers)]
    value = {
        "src-protocol": "amqp091", "src-uri": where.node.amqp_url, "src-queue": BARE_SOURCE,
        "src-prefetch-count": SHOVEL_PREFETCH, "dest-protocol": "amqp091", "dest-uri": where.node.amqp_url,
        "dest-queue": BARE_TARGET, "ack-mode": "on-confirm",
    }  # fmt: skip

    def begin() -> None:
        for name in names:
            where.management.call("PUT", "parameters", "shovel", "/", name, body={"value": value})

    def end() -> None:
        # a shovel acks when the target has confirmed: ended before that, it would leave what it moved
        none_left = f"{BARE_SOURCE}\t0"
        wait_until(
            lambda: none_left in where.node.ctl("list_queues", "name", "messages").splitlines(), "all is acked", SECONDS
        )
        for name in names:
            where.management.call("DELETE", "parameters", "shovel", "/", name)

    settings = f"{workers} inside the broker, no work, prefetch {SHOVEL_PREFETCH}, on-confirm"
    return Contestant(
        f"shovel ×{workers}", settings, BARE_SOURCE, BARE_TARGET, where.fill_bare, begin=begin, end=end
    )  # fmt: skip


def versions() -> dict[str, str]:
    """Of the peers, from their own environment."""
    code = "import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in %r}))"
    names = ["faststream", "dramatiq", "celery", "lxml", "aio-pika", "uvloop"]
    found = subprocess.run([str(BIN / "python"), "-c", code % names], capture_output=True, text=True, check=True)
    return {f"peers' {name}" if name == "lxml" else name: each for name, each in json.loads(found.stdout).items()}


def _fill(where: Place, script: str, count: int) -> None:
    subprocess.run(
        [str(BIN / "python"), script, "fill", str(count)],
        env={**os.environ, **where.environment}, cwd=PEERS, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
