"""Relays beside each other: each moves its messages from one queue to another, in rounds that alternate.

The relay's processes first move some messages, until each of them has started; then they are stopped where they stand
while the source is filled. The clock runs from their going on until all is moved, and with it CPU time of theirs and of
the broker. After each round the source is empty and the target holds exactly what was sent: nothing lost or doubled.
"""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import broker_pid, cpu_seconds, session_seconds
from place import Place
from processes import Processes, alive, running, tell
from row import Spread

from hub.sandbox.process import wait_until

START_SECONDS, DEADLINE = 30.0, 180.0
LOOK = 0.01  # seconds
WARM_UP = 200  # messages


@dataclass(frozen=True)
class Contestant:
    """`commands`: of its processes, each a consumer of the source but where `consumers` says otherwise; without any,
    `begin` and `end` do it. `share`: of the messages of a round, so that slow ones take no longer."""

    name: str
    settings: str
    source: str
    target: str
    fill: Callable[[int], None]
    commands: Sequence[Sequence[str]] = ()
    consumers: int = 1
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
    node = broker_pid(where.node)
    found: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for _ in range(rounds):
        for one in contestants:
            found[one.name].append(measure(where, one, max(WARM_UP, int(messages * one.share)), node))
    return found


def measure(where: Place, one: Contestant, count: int, node: int) -> Run:
    """Raises AssertionError where the outcome is not right; TimeoutError."""
    if one.commands:
        one.fill(WARM_UP)
    environment = {**where.environment, **(one.environment or {})}
    with running(one.commands, environment, one.folder) as processes:
        sessions = {process.pid for process in processes}
        if processes:
            until_moved(where, one.target, WARM_UP, processes, one.name)
            wait_until(lambda: where.consumers(one.source) == one.consumers, f"{one.name} has started", START_SECONDS)
            tell(sessions, signal.SIGSTOP)
        where.purge(one.target)
        one.fill(count)
        began, cpu, node_cpu = time.monotonic(), session_seconds(sessions), cpu_seconds(node)
        tell(sessions, signal.SIGCONT)
        one.begin()
        until_moved(where, one.target, count, processes, one.name)
        run = Run(
            count / (time.monotonic() - began),
            (session_seconds(sessions) - cpu) / count * 1e6,
            (cpu_seconds(node) - node_cpu) / count * 1e6,
        )
        one.end()
    left, there = where.broker.depth(one.source), where.broker.depth(one.target)
    assert left == 0, f"{one.name}: {left} left in the source"
    assert there == count, f"{one.name}: {there} in the target, sent {count}"
    where.purge(one.target)
    return run


def until_moved(where: Place, target: str, count: int, processes: Processes, name: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while (found := where.broker.depth(target)) < count:
        alive(processes, name)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} moved {found} of {count}")
        time.sleep(LOOK)


def summary(runs: Mapping[str, Sequence[Run]]) -> dict[str, dict[str, Spread]]:
    return {
        name: {
            "rate": Spread.of(one.rate for one in done),
            "relay_us": Spread.of(one.relay_us for one in done),
            "broker_us": Spread.of(one.broker_us for one in done),
        }
        for name, done in runs.items()
    }
