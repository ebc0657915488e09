"""Running one hub process: its workers on threads, the status server, signals."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Protocol
from uuid import uuid4

import structlog

EXIT_BUG = 70  # EX_SOFTWARE: a worker ended unexpectedly; the supervisor restarts the process
_WAKE_SECONDS = 1.0  # a signal that arrives just before the main thread falls asleep is handled when it wakes
_log = structlog.get_logger("hub.runner")


class Worker(Protocol):
    """`run` works until the stop event given at construction is set."""

    name: str

    def run(self) -> None: ...


def owner() -> str:
    """A name for leases and probes, of this start of this process alone."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"


class Runner:
    """Runs workers until a signal, `stop`, or the unexpected end of one of them."""

    def __init__(self, workers: Sequence[Worker], stop: threading.Event) -> None:
        self._workers, self._stop = workers, stop
        self._threads: list[threading.Thread] = []
        self._failed = False

    def start(self) -> None:
        """Start one thread per worker."""
        threading.excepthook = self._thread_died
        for worker in self._workers:
            thread = threading.Thread(target=worker.run, name=worker.name)
            thread.start()
            self._threads.append(thread)

    def wait(self, deadline: float) -> int:
        """Block until asked to stop and stopped; returns the exit code.

        `deadline`: seconds the workers have to settle what is in flight; what is left then is given back by ending.
        """
        while not self._stop.wait(_WAKE_SECONDS):
            pass
        ends_at = time.monotonic() + deadline
        for thread in self._threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        if left := self.unfinished():
            _log.warning("stopped_with_work_left", worker=", ".join(left))
        return EXIT_BUG if self._failed else 0

    def unfinished(self) -> list[str]:
        """Names of the workers that still run."""
        return [thread.name for thread in self._threads if thread.is_alive()]

    def alive(self) -> str | None:
        """A readiness check: None while every worker runs."""
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        return f"not running: {', '.join(dead)}" if dead else None

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        place = _innermost(args.exc_traceback)
        kind = args.exc_type.__name__
        self._failed = True
        self._stop.set()  # before the log line: where even that fails, the process still ends
        _log.error("worker_failed", worker=args.thread.name if args.thread else "", error=kind, line=place)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT stop gracefully; the second one ends the process at once."""

    received: SimpleQueue[int] = SimpleQueue()
    asked = False

    def handle(number: int, _frame: FrameType | None) -> None:
        # Runs in the middle of anything the main thread does: it takes no lock that thread may hold, as the event's.
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        received.put(number)

    def stop_when_asked() -> None:
        _log.info("stopping", signal=signal.Signals(received.get()).name)
        stop.set()

    threading.Thread(target=stop_when_asked, name="signals", daemon=True).start()
    handler: Callable[[int, FrameType | None], None] = handle
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def end_within(seconds: float, code: int) -> None:
    """End the process so long from now, should it not have ended by itself: closing connections waits for others."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _innermost(traceback: TracebackType | None) -> str:
    """Function and line; the text of the exception may quote a message and is not logged."""
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}"
