"""Checkpoints outside the database: a file of signed notes, only ever appended, on the disk before anything counts.

Whoever can change the database cannot change what stands here as well, and a database rolled back to an earlier state
is shorter than what stands here. Each note is followed by an empty line.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hub.errors import ConfigError

NAME = "checkpoints.txt"
_NOTE = re.compile(rb"^[^\n]+\n([0-9]+)\n[^\n]+\ntime [0-9]+\n\n\xe2\x80\x94 [^\n]+\n\n", re.MULTILINE)
_TAIL = 64 * 1024  # holds the last note
_LONGEST = 2 * _TAIL  # what goes on for longer is no note
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the file, in its order. `whole`: it is a note, by its form alone."""

    text: str
    whole: bool


class OutsideFile:
    """`folder`: where it lies; every process of a host appends to the same file, under a lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def append(self, notes: Sequence[tuple[int, str]]) -> None:
        """Append those (size, note) that are newer than the last one there. Raises ConfigError `audit.outside`.

        What a crash left of a note stays, and the whole note follows it.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "rb+", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                tail = _tail(number)
                last = _last(tail)
                whole = not tail or (last is not None and last.end() == len(tail))
                size = -1 if last is None else int(last[1])
                new = "".join(f"{note}\n" for covered, note in notes if covered > size).encode()
                if new:
                    left = new if whole else b"\n" + new
                    while left:
                        left = left[os.write(number, left) :]
                    os.fsync(number)
        except OSError as error:
            raise self._failed(error) from None

    def last_size(self) -> int:
        """How many rows the last whole note covers; -1 without one. Raises ConfigError `audit.outside`."""
        try:
            with self.path.open("rb") as file:
                last = _last(_tail(file.fileno()))
        except FileNotFoundError:
            return -1
        except OSError as error:
            raise self._failed(error) from None
        return -1 if last is None else int(last[1])

    def standing(self) -> Iterator[Standing]:
        """All that stands there when it is called, but for the beginning of a note that follows whole.

        It is read piece by piece, as it is asked for: it grows by a note a second for years. Raises ConfigError
        `audit.outside`, at the call and while it is read.
        """
        try:
            file = self.path.open("rb")
            fcntl.flock(file, fcntl.LOCK_SH)  # no note is being written
            length = os.fstat(file.fileno()).st_size
            fcntl.flock(file, fcntl.LOCK_UN)
        except FileNotFoundError:
            return iter(())
        except OSError as error:
            raise self._failed(error) from None
        return self._read(file, length)

    def _read(self, file: BinaryIO, length: int) -> Iterator[Standing]:
        content = b""
        with file:
            while length > 0:
                try:
                    piece = file.read(min(_CHUNK, length))
                except OSError as error:
                    raise self._failed(error) from None
                length = length - len(piece) if piece else 0
                content += piece
                end = 0
                for found in _NOTE.finditer(content):
                    between = content[end : found.start()].rstrip(b"\n")
                    if between and not found[0].startswith(between):
                        yield Standing(between.decode(errors="replace"), whole=False)
                    yield Standing(found[0][:-1].decode(errors="replace"), whole=True)
                    end = found.end()
                content = content[end:]
                if len(content) > _LONGEST:
                    yield Standing(content[:-_TAIL].decode(errors="replace"), whole=False)
                    content = content[-_TAIL:]
            if content:
                yield Standing(content.decode(errors="replace"), whole=False)

    def _failed(self, error: OSError) -> ConfigError:
        return ConfigError(f"checkpoints/{self.path.name}: {error.strerror}", "audit.outside")


def _tail(number: int) -> bytes:
    length = os.fstat(number).st_size
    return os.pread(number, _TAIL, max(0, length - _TAIL))


def _last(tail: bytes) -> re.Match[bytes] | None:
    found = list(_NOTE.finditer(tail))
    return found[-1] if found else None
