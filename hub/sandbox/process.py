"""What starting a server of one's own needs: ports, conditions with deadlines, processes known by id."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PORTS = (20_000, 32_000)
_TAKEN_BY_CUSTOM = frozenset({25_672})


class NodeError(RuntimeError):
    """A private server could not be found, started or stopped; the text says what to do."""


def free_ports(count: int) -> list[int]:
    """Find loopback TCP ports that nothing listens on.

    They lie below the range the kernel draws client ports from. Inside it, a client that keeps
    reconnecting while the server is down can be given the server's own port, connect to itself and
    keep the server from coming back.
    """
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            port = random.SystemRandom().randrange(*_PORTS)
            candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            held.append(candidate)
            try:
                if port in _TAKEN_BY_CUSTOM:
                    raise OSError
                candidate.bind((LOOPBACK, port))
            except OSError:
                held.pop().close()
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def accepts_connections(port: int) -> bool:
    """Tell whether something accepts TCP connections on a loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def ended_by_itself(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a process that was told to end; it is gone in any case, False where it had to be killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def wait_until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Poll a condition until it holds.

    Raises:
        TimeoutError: it did not hold within `seconds`.
    """
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not condition():
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not so after {seconds:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


@dataclass(frozen=True, slots=True)
class Process:
    """One process, by id and start time: an id that the kernel has given to another is not it."""

    pid: int
    started: int  # clock ticks since boot

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """Identify a living process, or None where there is none (a zombie is none)."""
        fields = _stat(pid)
        return None if fields is None else cls(pid, int(fields[19]))

    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return Process.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the process is gone."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def descendants(self) -> list[Process]:
        """List the processes it started that still run, and theirs."""
        children: dict[int, list[Process]] = {}
        for entry in Path("/proc").iterdir():
            fields = _stat(int(entry.name)) if entry.name.isdigit() else None
            if fields is not None:
                children.setdefault(int(fields[1]), []).append(Process(int(entry.name), int(fields[19])))
        found: list[Process] = []
        parents = [self.pid]
        while parents:
            born = children.get(parents.pop(), [])
            found += born
            parents += [each.pid for each in born]
        return found

    def kill(self) -> None:
        """Kill it with all that it started, itself first, and wait until they are gone."""
        self.send(signal.SIGSTOP)  # a stopped process starts no further ones while they are listed
        doomed = [self, *self.descendants()]
        for each in doomed:
            each.send(signal.SIGKILL)
        wait_until(lambda: not any(each.is_alive() for each in doomed), f"killed process {self.pid} has ended", 10)

    def end(self, number: signal.Signals, seconds: float) -> None:
        """Signal it and wait until it is gone; after `seconds` it is killed with all that it started.

        Raises:
            TimeoutError: even a kill did not end it.
        """
        self.send(number)
        try:
            wait_until(lambda: not self.is_alive(), f"process {self.pid} has ended", seconds)
        except TimeoutError:
            self.kill()


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on, None for no such process or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in {"Z", "X"} else fields
