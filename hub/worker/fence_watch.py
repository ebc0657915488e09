"""Is the registry of fences the one this host knew? A file beside the database remembers how far it had come.

A database restored from a backup reads well and has forgotten the latest raises. So has an empty one. Nothing is
disclosed until the registry descends from what the file says, and two persons have confirmed its list.
"""

import json
import os
import threading
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from hub.errors import ConfigError
from hub.ports.fence import Fences, Position

POLL = 1.0  # seconds between looks: the lease asks again whether the registry is still the one seen
_log = structlog.get_logger("hub.fence")


def read_position(path: Path) -> Position | None:
    """None where this host has seen no registry yet. Raises ConfigError for a damaged file: nothing is guessed."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Position(str(said["epoch"]), int(said["position"]), str(said["mark"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{path.name} cannot be read; run `renkei fence status`", "registry.position") from None


def write_position(path: Path, position: Position) -> None:
    """All or nothing, and on the disk before it returns."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        json.dump(asdict(position), file)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def remember(path: Path, fences: Fences, at: Position) -> None:
    """Keep how far the registry has come, unless it is not the one this host knew: then nothing is believed anew."""
    before = read_position(path)
    newer = before is None or before.epoch != at.epoch or before.position < at.position
    if newer and (before is None or fences.descends(before)):
        write_position(path, at)


def follows(path: Path, fences: Fences) -> bool:
    """Whether the registry is the one this host knew, or a later one of it. False also for a damaged file."""
    try:
        before = read_position(path)
    except ConfigError:
        return False
    return before is None or fences.descends(before)


class FenceWatch:
    """Shared by the delivery workers of a process. `seen`: the registry made sure of, None while nothing may leave."""

    def __init__(self, path: Path, fences: Fences) -> None:
        self._path, self._fences = path, fences
        self._lock = threading.Lock()
        self._next = 0.0
        self._told = True
        self.seen: Position | None = None

    def look(self) -> None:
        """Look again where it is time to. Raises StoreUnavailable, ConfigError."""
        with self._lock:
            if time.monotonic() < self._next:
                return
            self.seen = self._look()
            self._next = time.monotonic() + POLL
            if (self.seen is not None) is not self._told:
                self._told = self.seen is not None
                _log.warning("fence_ready" if self._told else "fence_not_ready", file=self._path.name)

    def _look(self) -> Position | None:
        state, before = self._fences.fence_state(), read_position(self._path)
        if state is None or (before is not None and not self._fences.descends(before)):
            return None
        if state.confirmed_by is None:
            return None
        if state.at != before:
            remember(self._path, self._fences, state.at)
        return state.at
