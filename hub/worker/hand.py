"""What a delivery worker has in hand: prepared messages in queue order, waiting for a lease."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hub.exchange import Exchange
from hub.ports.broker import Subscription
from hub.worker.quarantine import SUSPECT


@dataclass(frozen=True, slots=True)
class Held:
    """A prepared exchange that may not go out yet. `since`: microseconds."""

    exchange: Exchange
    since: int

    @property
    def alone(self) -> bool:
        """It must not be sent beside others, see `hub.worker.quarantine`."""
        return self.exchange.delivery.delivery_count >= SUSPECT


class Hand:
    """Used by one thread."""

    def __init__(self) -> None:
        self._held: deque[Held] = deque()

    def __len__(self) -> int:
        return len(self._held)

    def add(self, held: Held) -> None:
        self._held.append(held)

    def draw(self, most: int) -> list[Held]:
        """The next ones, in order; one that goes alone is drawn alone."""
        drawn: list[Held] = []
        while self._held and len(drawn) < most and not (drawn and (drawn[0].alone or self._held[0].alone)):
            drawn.append(self._held.popleft())
        return drawn

    def put_back(self, held: Sequence[Held]) -> None:
        """In front of all others, in this order."""
        self._held.extendleft(reversed(held))

    def older_than(self, since: int) -> list[Held]:
        """Take out those held since before `since`."""
        taken: list[Held] = []
        while self._held and self._held[0].since < since:
            taken.append(self._held.popleft())
        return taken

    def forget_lost(self, subscription: Subscription) -> int:
        """Drop those whose channel is gone, which the broker hands out anew; returns how many."""
        kept = [held for held in self._held if subscription.current(held.exchange.delivery.tag)]
        lost = len(self._held) - len(kept)
        if lost:
            self._held = deque(kept)
        return lost
