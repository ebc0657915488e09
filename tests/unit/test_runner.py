"""One deadline for all workers, and who did not make it."""

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


@pytest.fixture(autouse=True)
def _hook_stays():  # type: ignore[no-untyped-def]
    before = threading.excepthook
    yield
    threading.excepthook = before
