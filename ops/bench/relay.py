"""One hop of the hub beside a bare pika relay that does the same XML work and nothing else.

    .venv/bin/python ops/bench/relay.py [--messages N] [--rounds R] [--json]

Both read N resident changes of one shape from a quorum queue on a private RabbitMQ and put them, validated and mapped,
on another. The hub also authenticates, authorises, deduplicates, seals and journals (SQLite, synchronous FULL). Rounds
are interleaved; after each, the source must be empty and the target hold exactly N. CPU is user and system time of the
relaying process, and of the broker, per message. One process each.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hub.app import App
from hub.brokers.rabbit import RabbitBroker
from hub.installation import init_home, passwords
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import HUB_USER, Topology, delivery_queue, door_queue

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "schemas/resident_registry.change/v1/valid/move-in.xml"
SOURCE, TARGET = door_queue("resident_registry"), delivery_queue("integration_platform")
BARE_SOURCE, BARE_TARGET = "intake.bench", "delivery.bench"
TICKS = os.sysconf("SC_CLK_TCK")
DEADLINE = 300.0


@dataclass(frozen=True)
class Run:
    """One round: messages per second, CPU microseconds per message of the relay and of the broker."""

    rate: float
    relay_us: float
    broker_us: float


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def broker_pid(node: PrivateRabbit) -> int:
    return int(node.ctl("eval", "os:getpid().").strip().strip('"'))


def fill(broker: RabbitBroker, queue: str, key: str, count: int) -> None:
    """Put `count` different residents on the source."""
    body = SAMPLE.read_text()
    batch = [
        Outgoing(
            "intake" if key else "",
            key or queue,
            body.replace("000000000000101", f"{number:015d}", 1).encode(),
            Properties(
                message_id=str(uuid4()), type="resident_registry.change", headers={"purpose": "resident.change"}
            ),
        )
        for number in range(1, count + 1)
    ]
    for start in range(0, count, 500):
        outcomes = broker.publish(batch[start : start + 500])
        assert all(outcome is PublishOutcome.CONFIRMED for outcome in outcomes)


def measure(
    command: list[str],
    environ: dict[str, str],
    broker: RabbitBroker,
    queues: tuple[str, str],
    count: int,
    node_pid: int,
) -> Run:
    """Run the relay until all is moved. The clock starts with the first message moved."""
    source, target = queues
    before = broker.depth(target)
    process = subprocess.Popen(command, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + DEADLINE
        while broker.depth(target) == before:
            assert process.poll() is None, f"the relay ended with {process.returncode}"
            assert time.monotonic() < deadline, "the relay moved nothing"
            time.sleep(0.005)
        began, first = time.monotonic(), broker.depth(target) - before
        cpu, node_cpu = cpu_seconds(process.pid), cpu_seconds(node_pid)
        while broker.depth(target) - before < count:
            assert process.poll() is None, f"the relay ended with {process.returncode}"
            assert time.monotonic() < deadline, "the relay did not finish"
            time.sleep(0.02)
        seconds, moved = time.monotonic() - began, count - first
        run = Run(
            moved / seconds,
            (cpu_seconds(process.pid) - cpu) / moved * 1e6,
            (cpu_seconds(node_pid) - node_cpu) / moved * 1e6,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert broker.depth(source) == 0, "the source is not empty"
    assert broker.depth(target) - before == count, "the target does not hold exactly what was sent"
    return run


def bench(messages: int, rounds: int) -> dict[str, object]:
    with PrivateRabbit() as node, tempfile.TemporaryDirectory() as directory:
        app = App(Path(directory) / "home")
        init_home(app, "141305", node.amqp_url, node.management_url, sandbox=True)
        names = [user.name for user in app.topology.users]
        from hub.cli.topology import administration

        administration(app, None, None).apply(passwords(app.home, names))
        broker = RabbitBroker(node.amqp_url)
        bare = Topology(
            (), tuple(type(app.topology.queues[0])(name) for name in (BARE_SOURCE, BARE_TARGET)), (), (), ()
        )
        broker.declare(bare)
        hub_url = app.user_url(HUB_USER, passwords(app.home, [HUB_USER])[HUB_USER])
        environ = {**os.environ, "RENKEI_AMQP_URL": hub_url, "BENCH_AMQP_URL": node.amqp_url}
        hub = [sys.executable, "-m", "hub.cli", "--home", str(app.home.root), "--log-level", "error", "run",
               "--role", "intake"]  # fmt: skip
        relay = [sys.executable, str(Path(__file__).with_name("bare_relay.py")), BARE_SOURCE, BARE_TARGET]
        pid = broker_pid(node)
        runs: dict[str, list[Run]] = {"hub": [], "bare pika": []}
        for _ in range(rounds):
            fill(broker, SOURCE, "resident_registry.resident_registry.change", messages)
            runs["hub"].append(measure(hub, environ, broker, (SOURCE, TARGET), messages, pid))
            fill(broker, BARE_SOURCE, "", messages)
            runs["bare pika"].append(measure(relay, environ, broker, (BARE_SOURCE, BARE_TARGET), messages, pid))
        version = node.version
        broker.close()
        app.close()
    rows = {
        name: {
            "rate": round(statistics.median(run.rate for run in done)),
            "rate_min": round(min(run.rate for run in done)),
            "rate_max": round(max(run.rate for run in done)),
            "relay_us": round(statistics.median(run.relay_us for run in done)),
            "broker_us": round(statistics.median(run.broker_us for run in done)),
        }
        for name, done in runs.items()
    }
    return {
        "messages": messages,
        "rounds": rounds,
        "bytes": SAMPLE.stat().st_size,
        "machine": f"{os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "rabbitmq": version},
        "rows": rows,
        "ratio": round(rows["hub"]["rate"] / rows["bare pika"]["rate"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = bench(options.messages, options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['messages']} messages of {result['bytes']} bytes, {result['rounds']} rounds, {result['machine']}")
    for name, row in result["rows"].items():  # type: ignore[attr-defined]
        print(
            f"{name:10} {row['rate']:6}/s ({row['rate_min']}-{row['rate_max']})"
            f"  relay {row['relay_us']} us  broker {row['broker_us']} us"
        )
    print(f"hub / bare pika: {result['ratio']}")


if __name__ == "__main__":
    main()
