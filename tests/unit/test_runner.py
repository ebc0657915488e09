"""One deadline for all workers, and who did not make it."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import pytest

from hub.runner import EXIT_BUG, Runner


@dataclass
class Stubborn:
    """Works until it is let go, whatever the stop event says."""

    name: str
    released: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        self.released.wait()


def test_the_deadline_is_one_for_all_workers_and_names_those_that_are_left() -> None:
    # Given
    stop = threading.Event()
    workers = [Stubborn(f"w{number}") for number in range(5)]
    runner = Runner(workers, stop)
    runner.start()
    assert runner.alive() is None

    # When
    stop.set()
    began = time.monotonic()
    code = runner.wait(0.2)

    # Then
    assert 0.2 <= time.monotonic() - began < 0.8
    assert code == 0
    assert runner.unfinished() == ["w0", "w1", "w2", "w3", "w4"]
    for worker in workers:
        worker.released.set()
    runner.wait(5.0)
    assert runner.unfinished() == []


def test_a_worker_that_fails_stops_the_others_and_is_named() -> None:
    # Given
    class Failing:
        name = "failing"

        def run(self) -> None:
            raise RuntimeError("123456789018")

    stop = threading.Event()
    runner = Runner([Failing()], stop)
    hook = threading.excepthook

    # When
    try:
        runner.start()
        code = runner.wait(5.0)
    finally:
        threading.excepthook = hook

    # Then
    assert (code, stop.is_set()) == (EXIT_BUG, True)
    assert runner.alive() == "not running: failing"


def _ends(program: str) -> int:
    """The exit code of a process that must end by itself."""
    start = "import os, signal, threading, time; from hub import runner; stop = threading.Event()\n"
    return subprocess.run([sys.executable, "-c", start + program], timeout=30, check=False).returncode


def test_a_signal_in_the_middle_of_anything_stops_the_process() -> None:
    """The main thread holds the event's own lock when it comes: setting the event right there would wait for ever."""
    interrupted = "runner.stop_on_signals(stop)\nwith stop._cond: os.kill(os.getpid(), signal.SIGTERM)\n"

    assert _ends(f"{interrupted}raise SystemExit(runner.Runner([], stop).wait(1))") == 0


def test_a_second_signal_ends_the_process_at_once() -> None:
    twice = "runner.stop_on_signals(stop)\nfor _ in 'ab': os.kill(os.getpid(), signal.SIGINT)\n"

    assert _ends(f"{twice}time.sleep(20)") == 130


def test_a_farewell_that_takes_too_long_is_cut_short() -> None:
    assert _ends("runner.end_within(0.2, 7)\ntime.sleep(20)") == 7


@pytest.fixture(autouse=True)
def _hook_stays():  # type: ignore[no-untyped-def]
    before = threading.excepthook
    yield
    threading.excepthook = before
