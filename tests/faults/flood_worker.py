"""A hub process of one role, whose partner notes every effect in a file. Run by test_backpressure.py.

flood_worker.py HOME ROLE EFFECTS      ROLE: "intake" or "delivery"
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from hub import app as composition
from hub import crew, discovery, logs, readiness, runner
from hub.app import App
from hub.crew import Roles
from hub.metrics import Metrics
from hub.ports.connector import ConnectorSettings, Reply, SendContext, Wire

SEND_SECONDS = 0.004  # a partner that takes its time: slower than the door


class NotingConnector:
    """Acts once for each call, and remembers nothing itself: its memory would be counted as the hub's."""

    idempotency = "key"

    def __init__(self, effects: Path) -> None:
        self._file = os.open(effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def encode(self, operation: str, document: bytes) -> Wire:
        return Wire(operation, document, "application/xml")

    def send(self, _wire: Wire, context: SendContext) -> Sequence[Reply]:
        time.sleep(SEND_SECONDS)
        os.write(self._file, context.key.encode() + b"\n")
        return ()

    def query(self, _wire: Wire, _context: SendContext) -> Sequence[Reply] | None:
        raise NotImplementedError

    def close(self) -> None:
        os.close(self._file)


def main(home: Path, role: str, effects: Path) -> int:
    def connector(_kind: str, _settings: ConnectorSettings) -> NotingConnector:
        return NotingConnector(effects)

    logs.configure("error")
    discovery.kinds = lambda: {"archive": home, "desk": home}  # type: ignore[assignment]
    composition.create_connector = connector  # type: ignore[assignment]
    stop = threading.Event()
    app = App(home)
    readiness.start_up(app)
    running = runner.Runner(
        crew.workers(app, Roles(role == "intake", role == "delivery", collect=False), Metrics(), stop), stop
    )
    runner.stop_on_signals(stop)
    running.start()
    code = running.wait(60)
    app.close()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
