"""Searches by a person's number. What was typed is gone at once; its keyed hashes stay here, for a while."""

import secrets
import threading
import time
from collections import OrderedDict

_SECONDS = 900.0
_MOST = 1000


class Searches:
    """By a word that means nothing elsewhere, and only for whoever typed it. Thread-safe."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[float, str, tuple[str, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, who: str, hashes: tuple[str, ...]) -> str:
        """The word by which `who` finds it again."""
        word = secrets.token_urlsafe(12)
        with self._lock:
            self._found[word] = (time.monotonic() + _SECONDS, who, hashes)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
        return word

    def find(self, who: str, word: str) -> tuple[str, ...] | None:
        """None when it was somebody else's, or too long ago."""
        with self._lock:
            until, whose, hashes = self._found.get(word, (0.0, "", ()))
        return hashes if whose == who and time.monotonic() < until else None
