"""The folders of one partner, and how a file gets there whole.

    to_partner/     what the hub has dropped and the partner has not taken yet
    receipts/       what the partner says of each file, under the name of the file
    from_partner/   what the partner lays out, each file complete as soon as it has its name
    collected/      what the hub has in safe keeping; the partner tidies up

The hub makes none of them: a share that is not mounted must not be filled on the local disk.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.errors import ConfigError, Refused, Retryable, Unavailable

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.csv", re.ASCII)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Folders:
    """Of the address `file:///<folder>`. Touches nothing when made."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc:
            raise ConfigError("the address of a file drop is file:///<folder>")
        root = Path(unquote(parts.path))
        self.to_partner, self.receipts = root / "to_partner", root / "receipts"
        self.from_partner, self.collected = root / "from_partner", root / "collected"


@contextmanager
def reached() -> Iterator[None]:
    """What the file system says, as errors of the hub; no path in them.

    A full disk is Retryable `deliver.error`, anything else Unavailable: a share that is away, a right that is missing.
    """
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, type(error).__name__)
        if error.errno in _FULL:
            raise Retryable("deliver.error", f"no room for the file: {name}") from None
        raise Unavailable("deliver.unavailable", f"the folder cannot be used: {name}") from None


def place(folder: Path, name: str, content: bytes) -> None:
    """Put a file there: written under a hidden name, flushed to disk, then renamed. Nobody ever sees half of it.

    The same file again changes nothing. Raises Refused `deliver.rejected` where the name has other content, OSError.
    """
    target = folder / name
    there = content_of(target)
    if there is not None:
        if there != content:
            raise Refused("deliver.rejected", "another file lies there under this name")
        return
    half = folder / f".{name}.{os.getpid()}.tmp"
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(target)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    _flush(folder)


def content_of(file: Path, most: int | None = None) -> bytes | None:
    """What the file holds, at most the first `most` bytes; None where there is none. Raises OSError."""
    try:
        with file.open("rb") as opened:
            return opened.read() if most is None else opened.read(most)
    except FileNotFoundError:
        file.parent.stat()  # a missing folder is not a missing file
        return None


def _flush(folder: Path) -> None:
    """The name, too, must outlive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
