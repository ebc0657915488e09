"""Standing in at an urgent door while no process works on it that is there for it alone."""

import threading
from collections.abc import Callable

import structlog

from hub.ports.broker import Broker
from hub.worker.intake import IntakeWorker
from hub.worker.patience import Patience, Stopping

LOOK = 1.0  # seconds between looks at the door
_log = structlog.get_logger("hub.worker")


class StandIn:
    """Leaves as soon as nothing waits any more: of one door the broker keeps away who comes second, and that may be
    the process that was missing. `worker`: makes one that works on `queue` until its stop event is set.
    """

    def __init__(
        self, queue: str, worker: Callable[[threading.Event], IntakeWorker], broker: Broker, stop: threading.Event
    ) -> None:
        self.name = f"stand-in:{queue}"
        self._queue, self._worker, self._broker, self._stop = queue, worker, broker, stop
        self._patience = Patience(stop)

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while True:
                self._patience.pause(LOOK)
                if self._patience.call(lambda: self._broker.unattended(self._queue)):
                    _log.warning("stood_in", queue=self._queue)
                    self._stand_in()
        except Stopping:
            pass

    def _stand_in(self) -> None:
        done = threading.Event()
        ending = threading.Thread(target=self._end, args=(done,), name=f"{self.name}:end")
        ending.start()
        try:
            self._worker(done).run()
        finally:
            done.set()  # also where it ended by a bug, which must end this process as any other worker's does
            ending.join()

    def _end(self, done: threading.Event) -> None:
        """What it has in hand then is settled, or given back."""
        try:
            while not done.is_set():
                self._patience.pause(LOOK)
                if self._patience.call(lambda: self._broker.depth(self._queue)) == 0:
                    return
        except Stopping:
            pass
        finally:
            done.set()
