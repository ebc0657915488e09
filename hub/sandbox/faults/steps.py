"""The named steps of a message's way at which a process can be struck, and how it learns that it is its turn.

A step is armed by a file of its name. The first process that reaches the step takes the file away and does what it
says: that is one rename, so it happens once, and a step that is not armed costs one system call.
"""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# In the order of a message's way. What each means is said where it is wired, in `hub.sandbox.faults.wiring`.
WORKER_STEPS = (
    "after_consume",
    "after_publish",
    "after_confirm",
    "after_commit",
    "after_lease",
    "before_send",
    "during_delivery",
    "after_effect",
)
REPLAY_STEPS = ("replay_claimed", "replay_published", "replay_marked")
MIGRATION_STEP = "migrating"

Action = Literal["kill", "freeze"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A process that was struck, by its id."""

    step: str
    action: Action
    seconds: float
    pid: int


class Steps:
    """Both sides: the harness arms and collects, a process of the hub reaches. `folder`: shared by all."""

    def __init__(self, folder: Path) -> None:
        self._armed, self._hit = folder / "armed", folder / "hit"
        for each in (self._armed, self._hit):
            each.mkdir(parents=True, exist_ok=True)

    def arm(self, step: str, action: Action, seconds: float = 0.0) -> None:
        """Strike whoever comes to this step next; `seconds`: how long it is to be frozen, for the harness to know."""
        written = self._hit.parent / f"new-{step}"
        written.write_text(json.dumps([action, seconds]))
        written.rename(self._armed / step)

    def disarm(self, step: str) -> bool:
        """True when it had struck nobody yet."""
        try:
            (self._armed / step).unlink()
        except FileNotFoundError:
            return False
        return True

    def is_armed(self, step: str) -> bool:
        return (self._armed / step).exists()

    def hits(self) -> list[Hit]:
        """Who was struck since the last look."""
        found = []
        for file in self._hit.iterdir():
            step, _, pid = file.name.partition(".")
            action, seconds = json.loads(file.read_text())
            file.unlink()
            found.append(Hit(step, action, seconds, int(pid)))
        return found

    def reached(self, step: str) -> None:
        """In a process of the hub. Does not return when it is to be killed."""
        mine = self._hit / f"{step}.{os.getpid()}"
        try:
            (self._armed / step).rename(mine)
        except FileNotFoundError:
            return
        try:
            action = json.loads(mine.read_text())[0]
        except FileNotFoundError:  # the harness was quick
            action = "kill"
        os.kill(os.getpid(), signal.SIGSTOP if action == "freeze" else signal.SIGKILL)
