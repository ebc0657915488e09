"""Carries a plan out: does each fault, undoes it when its time has come, and starts again what has died.

What is struck at a named step counts when somebody has come there and was struck; one that nobody reaches in time is
taken back and does not count.
"""

import heapq
import os
import signal
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

from hub.sandbox.faults.load import Load
from hub.sandbox.faults.migrations import Migrations
from hub.sandbox.faults.plan import PROCESSES, Fault
from hub.sandbox.faults.recovery import Stopwatch
from hub.sandbox.faults.replayer import Replayer
from hub.sandbox.faults.steps import MIGRATION_STEP, WORKER_STEPS
from hub.sandbox.faults.theatre import Theatre

TICK = 0.02
ARMED_SECONDS = 12.0
MOST_ARMED = 3


class Injector:
    """One run of a plan. `tick` is called again and again; it never waits for long but while a server restarts."""

    def __init__(
        self,
        theatre: Theatre,
        load: Load,
        replayer: Replayer,
        migrations: Migrations,
        faults: Iterator[Fault],
        seed: int,
    ) -> None:
        self._hub, self._network = theatre.hub, theatre.network
        self._partners, self._servers = theatre.partners, theatre.servers
        self._load, self._replayer, self._migrations, self._faults = load, replayer, migrations, faults
        self._rng = Random(f"renkei-injector-{seed}")
        self.watch = Stopwatch()
        self.counts: Counter[str] = Counter()
        self._undo: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = iter(range(1_000_000_000))
        self._armed: dict[str, tuple[Fault, float]] = {}
        self._postponed: deque[Fault] = deque()  # for want of anything to replay
        self._next = 0.0

    @property
    def injected(self) -> int:
        return sum(self.counts.values())

    def tick(self) -> None:
        """What is due now."""
        now = time.monotonic()
        while self._undo and self._undo[0][0] <= now:
            heapq.heappop(self._undo)[2]()
        self._collect(now)
        self._revive()
        self._replayer.tick()
        if now >= self._next and len(self._armed) < MOST_ARMED:
            if self._postponed and self._in_command(self._postponed[0], _where(self._postponed[0]), now):
                self._postponed.popleft()
            fault = next(self._faults)
            self._inject(fault, now)
            self._next = time.monotonic() + fault.pause

    def heal(self) -> None:
        """Nothing is broken any more."""
        for step in list(self._armed):
            self._hub.steps.disarm(step)
        self._armed.clear()
        while self._undo:
            heapq.heappop(self._undo)[2]()
        self._collect(time.monotonic())
        while self._undo:
            heapq.heappop(self._undo)[2]()
        for name in self._network.names():
            self._network.mend(name)
        for partner in self._partners.values():
            partner.reset_mode()
        self._servers.mend()
        for name in PROCESSES:
            self._hub.jump(name, 0)
        self._revive()

    def keep_alive(self) -> None:
        """After healing: processes that end are started again."""
        self._collect(time.monotonic())
        self._revive()

    def _revive(self) -> None:
        for name in PROCESSES:
            if self._hub.life(name) is None:
                self._hub.bear(name)

    def _collect(self, now: float) -> None:
        for hit in self._hub.steps.hits():
            fault, _ = self._armed.pop(hit.step, (None, 0.0))
            kind = fault.kind if fault else f"step.{hit.step}"
            if hit.action == "freeze":
                self._later(hit.seconds, lambda: self._thaw(hit.pid, kind))  # noqa: B023 - one hit a lambda
                self._count(kind)
            else:
                self._count(kind)
                self.watch.over(kind)
        for step, (_, since) in list(self._armed.items()):
            if now - since > ARMED_SECONDS and self._hub.steps.disarm(step):
                del self._armed[step]

    def _inject(self, fault: Fault, now: float) -> None:
        what, where = fault.kind.partition(".")[0], _where(fault)
        match what:
            case "step":
                self._strike(fault, where, now)
            case "freeze" if where == "under_lease":
                self._arm(fault, "after_lease", "freeze", now)
            case "freeze":
                self._freeze(fault)
            case "kill":
                self._kill(fault, where)
            case "cut" | "mute" | "stall":
                self._disturb(fault, what)
            case "partner":
                self._partners[fault.target].mode(where, times=fault.times, seconds=fault.seconds, retry_after=None)
                self._done(fault, fault.target)
            case "duplicate":
                self._load.duplicate(self._rng.random())
                self._done(fault)
            case "clock":
                for name in PROCESSES if fault.target == "all" else (fault.target,):
                    self._hub.jump(name, fault.seconds)
                self._done(fault)
            case "alarm":
                self._servers.alarm(where)
                self._lasting(fault, lambda: self._servers.calm(where))
            case "lock":
                self._lock(fault)
            case _:
                raise AssertionError(fault.kind)

    def _strike(self, fault: Fault, step: str, now: float) -> None:
        if step in WORKER_STEPS:
            self._arm(fault, step, "kill", now)
        elif step not in self._armed and not self._in_command(fault, step, now):
            self._postponed.append(fault)

    def _in_command(self, fault: Fault, step: str, now: float) -> bool:
        """Strike a command; False where there is nothing for it to do now."""
        self._hub.steps.arm(step, "kill")
        begun = self._migrations.begin() if step == MIGRATION_STEP else self._replayer.replay()
        if begun:
            self._armed[step] = (fault, now)
        else:
            self._hub.steps.disarm(step)
        return begun

    def _arm(self, fault: Fault, step: str, action: str, now: float) -> None:
        if step not in self._armed:
            self._armed[step] = (fault, now)
            if action == "freeze":
                self._hub.steps.arm(step, "freeze", fault.seconds)
            else:
                self._hub.steps.arm(step, "kill")

    def _freeze(self, fault: Fault) -> None:
        process = self._hub.life(fault.target)
        if process is not None:
            process.send(signal.SIGSTOP)
            self._lasting(fault, lambda: process.send(signal.SIGCONT))

    def _thaw(self, pid: int, kind: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        self.watch.over(kind)

    def _kill(self, fault: Fault, where: str) -> None:
        if where == "worker":
            process = self._hub.life(fault.target)
            if process is None:
                return
            process.send(signal.SIGKILL)
        elif where == "partner":
            self._partners[fault.target].kill()
            self._partners[fault.target].start()
        else:
            self._servers.crash(where)
        self._done(fault, fault.target if where == "partner" else "")

    def _disturb(self, fault: Fault, what: str) -> None:
        getattr(self._network, what)(fault.target)
        partner = fault.target.removeprefix("partner:") if fault.target.startswith("partner:") else ""
        self._lasting(fault, lambda: self._network.mend(fault.target), partner)

    def _lock(self, fault: Fault) -> None:
        """Somebody holds SQLite's write lock."""
        holder = sqlite3.connect(self._hub.app.home.database, timeout=1, isolation_level=None)
        try:
            holder.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # it is busy: no fault of ours
            holder.close()
            return
        self._lasting(fault, holder.close)

    def _done(self, fault: Fault, partner: str = "") -> None:
        self._count(fault.kind)
        self.watch.over(fault.kind, partner)

    def _lasting(self, fault: Fault, undo: Callable[[], None], partner: str = "") -> None:
        self._count(fault.kind)

        def over() -> None:
            undo()
            self.watch.over(fault.kind, partner)

        self._later(fault.seconds, over)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._undo, (time.monotonic() + seconds, next(self._numbers), action))

    def _count(self, kind: str) -> None:
        self.counts[kind] += 1


def _where(fault: Fault) -> str:
    return fault.kind.partition(".")[2]
