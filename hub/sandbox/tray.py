"""What a simulated partner lays out for others to fetch: a folder of files, each under the partner's own key."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)


class Tray(Mapping[str, bytes]):
    """Key to content of what is laid out and not taken yet, oldest first. It survives the partner. One writer.

    Where others fetch files, `from_partner` is what they see (`connectors.file_drop`).
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._writing = folder / "from_partner", folder / "writing"
        self._books: dict[str, dict[str, bytes]] = {}  # by prefix, what `book` was asked for
        for each in (self._folder, self._writing):
            each.mkdir(parents=True, exist_ok=True)

    def lay_out(self, key: str, content: bytes) -> None:
        """Lay it out, or again after it was taken. Raises ValueError for a key that is no plain name."""
        if not _KEY.fullmatch(key):
            raise ValueError("a key is a plain name of letters, digits, - _ and .")
        half = self._writing / key
        half.write_bytes(content)
        half.replace(self._folder / key)  # nobody ever fetches half of it
        for book in self._of(key):
            book.pop(key, None)  # what is laid out again is the newest
            book[key] = content

    def take(self, key: str) -> None:
        """It is in somebody's safe keeping. Taking what is not there changes nothing."""
        if _KEY.fullmatch(key):
            (self._folder / key).unlink(missing_ok=True)
            for book in self._of(key):
                book.pop(key, None)

    def book(self, prefix: str) -> Mapping[str, bytes]:
        """What lies under such keys, which others do not fetch. Read from the disk once: it is asked for on and on."""
        if prefix not in self._books:
            self._books[prefix] = {key: self[key] for key in self if key.startswith(prefix)}
        return self._books[prefix]

    def _of(self, key: str) -> list[dict[str, bytes]]:
        return [book for prefix, book in self._books.items() if key.startswith(prefix)]

    def __getitem__(self, key: str) -> bytes:
        if not _KEY.fullmatch(key):
            raise KeyError(key)
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        with os.scandir(self._folder) as files:
            found = sorted((file.stat().st_mtime_ns, file.name) for file in files)
        return iter([name for _, name in found])

    def __len__(self) -> int:
        return sum(1 for _ in self._folder.iterdir())


def starting(tray: Mapping[str, bytes], prefix: str) -> Iterator[tuple[str, bytes]]:
    """Key and content of what lies under such keys; nothing else is read."""
    if isinstance(tray, Tray):
        yield from tray.book(prefix).items()
        return
    for key in tray:
        if key.startswith(prefix):
            yield key, tray[key]
