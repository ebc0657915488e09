"""Where hub processes are born: everything is imported once, and each one is a fork. A restart then takes no second.

Reads one JSON object per line from standard input, answers each with the id of the process on standard output. When
standard input ends, as when the harness has died, every process still alive is killed.
"""

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.sandbox.process import Process, ended_by_itself

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Birth:
    """`arguments`: of `renkei`; `log`: where its output is appended; `clock`: the file its clock follows."""

    name: str
    arguments: Sequence[str]
    log: str
    clock: str
    steps: str
    witness: str


class Nursery:
    """The harness's side. Not for concurrent use."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hub.sandbox.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C meant for the harness: it ends its processes itself
        )

    def bear(self, birth: Birth) -> Process | None:
        """Start a process; None when it has ended already."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(birth)).encode() + b"\n")
        self._process.stdin.flush()
        return Process.of(int(self._process.stdout.readline()))

    def close(self) -> None:
        """End it and all it has borne."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        ended_by_itself(self._process, STOP_SECONDS)
        self._process.stdout.close()


def main() -> None:
    """`python -m hub.sandbox.faults.nursery`."""
    from hub.sandbox.faults.clock import ShiftedClock

    clock = ShiftedClock()
    clock.install()
    importlib.import_module("hub.cli")  # and with it everything a process of the hub needs
    importlib.import_module("hub.sandbox.faults.wiring")

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended: their logs say it
    born: list[Process] = []
    for line in sys.stdin:
        birth = Birth(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            _be(birth, clock)
        process = Process.of(pid)
        if process is not None:
            born.append(process)
        born = [each for each in born if each.is_alive()]
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for each in born:
        each.send(signal.SIGKILL)


def _be(birth: Birth, clock: object) -> None:
    """Be that process until it ends."""
    from hub.sandbox.faults import wiring
    from hub.sandbox.faults.clock import ShiftedClock
    from hub.sandbox.faults.steps import Steps
    from hub.sandbox.faults.witness import Witness

    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(birth.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        assert isinstance(clock, ShiftedClock)
        clock.follow(Path(birth.clock))
        steps = Steps(Path(birth.steps))
        match birth.arguments[2]:  # behind --home DIRECTORY
            case "run":
                wiring.wire_worker(steps, Witness(Path(birth.witness)))
            case "dead":
                wiring.wire_replay(steps)
            case "migrate":
                wiring.wire_migration(steps)
        sys.argv = ["renkei", *birth.arguments]
        runpy.run_module("hub.cli", run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
