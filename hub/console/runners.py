"""Replay plans that run in this process, each on a thread of its own. The store knows how far they are."""

import threading
from collections.abc import Sequence
from contextvars import copy_context

import structlog

from hub.app import App
from hub.errors import RenkeiError
from hub.ports.plans import PlanState
from hub.support import runs

_log = structlog.get_logger("hub.console")
_SETTLED_SECONDS = 2.0  # in which a run that is refused says so


class Runners:
    """Thread-safe. A plan whose process dies is resumed by whoever presses the button next."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._threads: dict[int, threading.Thread] = {}
        self._failures: dict[int, RenkeiError] = {}
        self._lock = threading.Lock()

    def start(self, plan_id: int, states: Sequence[PlanState]) -> None:
        """Raises what the run is refused for, where that is known at once."""
        began = threading.Event()
        acting = copy_context()  # what it does is recorded as done by whoever pressed the button
        thread = threading.Thread(
            target=acting.run, args=(self._run, plan_id, states, began), name=f"replay-{plan_id}", daemon=True
        )
        with self._lock:
            self._failures.pop(plan_id, None)
            self._threads[plan_id] = thread
        thread.start()
        began.wait(_SETTLED_SECONDS)
        failure = self.failure(plan_id)
        if failure is not None:
            raise failure

    def failure(self, plan_id: int) -> RenkeiError | None:
        """Why the last run in this process ended before its time."""
        with self._lock:
            return self._failures.get(plan_id)

    def close(self, seconds: float) -> None:
        """Wait for what is in hand, so long at most: a run that is cut off is resumed later and loses nothing."""
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(seconds)

    def _run(self, plan_id: int, states: Sequence[PlanState], began: threading.Event) -> None:
        try:
            runs.run(self._app.bench, plan_id, states, lambda _found: began.set())
        except RenkeiError as error:
            with self._lock:
                self._failures[plan_id] = error
            _log.warning("replay_stopped", plan=plan_id, code=error.code)
        finally:
            began.set()
