"""A hub process whose connector, or whose mapping, ends the process on certain messages. Run by test_poison.py.

mortal_worker.py HOME EFFECTS STAGE     STAGE: where a note of the record POISON kills: "send" or "map"
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from hub import app as composition
from hub import crew, discovery, readiness, runner
from hub.app import App
from hub.crew import Roles
from hub.documents import Document, Mapping
from hub.metrics import Metrics
from hub.ports.connector import ConnectorSettings, Reply, SendContext, Wire
from tests.engine import ScriptedConnector

POISON = "000000000000013"
EXIT = 41


def main(home: Path, effects: Path, stage: str) -> int:
    def die_of(content: bytes) -> None:
        if POISON.encode() in content:
            os._exit(EXIT)

    def send(wire: Wire, context: SendContext) -> Sequence[Reply]:
        if stage == "send":
            die_of(wire.content)
        with effects.open("a") as file:
            file.write(context.key + "\n")
        return ()

    def connector(_kind: str, _settings: ConnectorSettings) -> ScriptedConnector:
        return ScriptedConnector(behaviour=send)

    discovery.kinds = lambda: {"archive": home, "desk": home}  # type: ignore[assignment]
    composition.create_connector = connector  # type: ignore[assignment]
    if stage == "map":
        apply = Mapping.apply

        def mortal(self: Mapping, document: Document) -> Document:
            die_of(document.serialise())
            return apply(self, document)

        Mapping.apply = mortal  # type: ignore[method-assign]
    stop = threading.Event()
    app = App(home)
    readiness.start_up(app)
    running = runner.Runner(crew.workers(app, Roles(), Metrics(), stop), stop)
    runner.stop_on_signals(stop)
    running.start()
    code = running.wait(20)
    app.close()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
