"""How often something may be tried from one place: a bound beside the lock of the account."""

import threading
import time
from collections import OrderedDict, deque

_PLACES = 10_000  # remembered at most; the longest silent goes first


class Tries:
    """At most `most` in `seconds` from one place. Thread-safe."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._found: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, place: str) -> bool:
        """One more try; False when there were too many."""
        now = time.monotonic()
        with self._lock:
            tries = self._found.setdefault(place, deque())
            self._found.move_to_end(place)
            while tries and tries[0] <= now - self._seconds:
                tries.popleft()
            while len(self._found) > _PLACES:
                self._found.popitem(last=False)
            if len(tries) >= self._most:
                return False
            tries.append(now)
            return True
