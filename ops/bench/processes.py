"""Processes of a bench: started in sessions of their own, ended in order, and what they use is read by session."""

import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from machine import session_pids

STOP_SECONDS = 60.0
Processes = list[subprocess.Popen[bytes]]


@contextmanager
def running(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[Processes]:
    """Their standard error is shown where BENCH_DEBUG is set."""
    processes: Processes = []
    try:
        for command in commands:
            processes.append(_started(command, environment, folder))
        yield processes
    finally:
        for process in processes:
            end(process)


def _started(command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if "BENCH_DEBUG" in os.environ else subprocess.DEVNULL,
        start_new_session=True,
    )


def tell(sessions: Collection[int], number: signal.Signals) -> None:
    for pid in session_pids(sessions):
        os.kill(pid, number)


def end(process: subprocess.Popen[bytes]) -> None:
    """In order where it can: what it holds is then settled."""
    tell({process.pid}, signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        tell({process.pid}, signal.SIGKILL)
        process.wait()
        raise


def alive(processes: Processes, name: str) -> None:
    """Raises AssertionError where one has ended by itself."""
    for process in processes:
        assert process.poll() is None, f"{name} ended with {process.returncode}"
