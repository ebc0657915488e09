"""Whose turn it is to write: one process asks the others to let it go first, by a lock on a file beside the database.

SQLite gives its one write lock to whoever happens to ask first. A process that is killed leaves no lock behind, and
without the file nobody goes first: the database itself is as safe as ever.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import StoreUnavailable

MOST = 5.0  # seconds: whoever is ahead for longer does not move any more, and nobody waits for it
_ASK = 0.0005


class Turn:
    """`give_way` is called by one thread at a time, `ahead` by any."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-turn")
        self._passing: int | None = None

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """The others begin no transaction meanwhile; one that has begun goes on. Raises StoreUnavailable."""
        file = self._open()  # of its own: a lock belongs to whoever opened the file, not to a thread
        try:
            _lock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def give_way(self) -> None:
        """Wait while another is ahead. Raises StoreUnavailable."""
        if self._passing is None:
            self._passing = self._open()
        _lock(self._passing, fcntl.LOCK_SH)
        fcntl.flock(self._passing, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._passing is not None:
            os.close(self._passing)
            self._passing = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"{self._path.name} cannot be opened: {error.strerror}") from None


def _lock(file: int, how: int) -> None:
    """Take it, or go on without: a process that is stopped while ahead must not stop the others."""
    until = time.monotonic() + MOST
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                return
        time.sleep(_ASK)
