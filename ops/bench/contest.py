"""Relays beside each other: each moves its messages from one queue to another, in rounds that alternate.

The clock runs from the moment a fifth is moved until all is, and with it CPU time of the relay's processes and of the
broker. After each round the source is empty and the target holds exactly what was sent: nothing lost, nothing doubled.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import broker_pid, cpu_seconds, sessions_seconds
from place import Place
from row import Spread

DEADLINE, STOP_SECONDS = 300.0, 60.0
LOOK = 0.02  # seconds


@dataclass(frozen=True)
class Contestant:
    """`share`: of the messages of a round, so that slow ones take no longer; `commands`: none: `begin` and `end` do."""

    name: str
    settings: str
    source: str
    target: str
    fill: Callable[[int], None]
    commands: Sequence[Sequence[str]] = ()
    share: float = 1.0
    folder: Path | None = None
    environment: Mapping[str, str] | None = None
    begin: Callable[[], None] = lambda: None
    end: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Run:
    """One round: messages per second, CPU microseconds per message of the relay and of the broker."""

    rate: float
    relay_us: float
    broker_us: float


def contest(where: Place, contestants: Sequence[Contestant], messages: int, rounds: int) -> dict[str, list[Run]]:
    node, found = broker_pid(where.node), {one.name: [] for one in contestants}  # type: dict[str, list[Run]]
    for _ in range(rounds):
        for one in contestants:
            count = max(100, int(messages * one.share))
            one.fill(count)
            found[one.name].append(measure(where, one, count, node))
            where.purge(one.target)
    return found


def measure(where: Place, one: Contestant, count: int, node: int) -> Run:
    processes = [_started(one, command, where) for command in one.commands]
    try:
        one.begin()
        sessions = {process.pid for process in processes}
        first = _moved(where, one, max(1, count // 5), processes)
        began, cpu, node_cpu = time.monotonic(), sessions_seconds(sessions), cpu_seconds(node)
        moved = _moved(where, one, count, processes) - first
        run = Run(
            moved / (time.monotonic() - began),
            (sessions_seconds(sessions) - cpu) / moved * 1e6,
            (cpu_seconds(node) - node_cpu) / moved * 1e6,
        )
        one.end()
    finally:
        for process in processes:
            _ended(process)
    left, there = where.broker.depth(one.source), where.broker.depth(one.target)
    assert left == 0, f"{one.name}: {left} left in the source"
    assert there == count, f"{one.name}: {there} in the target, sent {count}"
    return run


def _moved(where: Place, one: Contestant, count: int, processes: Sequence[subprocess.Popen[bytes]]) -> int:
    deadline = time.monotonic() + DEADLINE
    while (found := where.broker.depth(one.target)) < count:
        for process in processes:
            assert process.poll() is None, f"{one.name} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{one.name} moved {found} of {count}"
        time.sleep(LOOK)
    return found


def _started(one: Contestant, command: Sequence[str], where: Place) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env={**where.environment, **(one.environment or {})},
        cwd=one.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if "BENCH_DEBUG" not in os.environ else None,
        start_new_session=True,
    )


def _ended(process: subprocess.Popen[bytes]) -> None:
    """In order where it can: what it holds is then settled."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def summary(runs: Mapping[str, Sequence[Run]]) -> dict[str, dict[str, Spread]]:
    return {
        name: {
            "rate": Spread.of(one.rate for one in done),
            "relay_us": Spread.of(one.relay_us for one in done),
            "broker_us": Spread.of(one.broker_us for one in done),
        }
        for name, done in runs.items()
    }
