"""Which acks to send: `multiple` only up to the end of the contiguous settled prefix, single acks otherwise."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acks:
    """`through`: ack all up to and including this number, or None; `singles`: ack each of these alone."""

    through: int | None
    singles: tuple[int, ...]


class AckWindow:
    """The deliveries of one channel that are not acked yet. Used under the subscription's lock.

    A settled delivery is acked at once, never kept back for a longer prefix: a crash would deliver it again.
    """

    def __init__(self) -> None:
        self._outstanding: deque[int] = deque()  # ascending delivery tags; acked ones inside are skipped later
        self._unacked: set[int] = set()

    def handed_out(self, number: int) -> None:
        """A delivery arrived. Numbers ascend."""
        self._outstanding.append(number)
        self._unacked.add(number)

    def settled(self, numbers: Iterable[int]) -> Acks:
        """What to ack now that these are settled. Numbers unknown or acked before are ignored."""
        ready = self._unacked.intersection(numbers)
        self._unacked -= ready
        through = None
        while self._outstanding and self._outstanding[0] not in self._unacked:
            number = self._outstanding.popleft()
            if number in ready:
                through = number
                ready.discard(number)
        return Acks(through, tuple(sorted(ready)))

    def __len__(self) -> int:
        return len(self._unacked)
