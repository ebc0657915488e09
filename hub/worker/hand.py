"""What a delivery worker has in hand: prepared messages in queue order, waiting for a lease."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hub.exchange import Exchange
from hub.ports.broker import Subscription
from hub.worker.quarantine import SUSPECT


@dataclass(frozen=True, slots=True)
class Held:
    """A prepared exchange that may not go out yet. `since`: by the monotonic clock, as the other may jump."""

    exchange: Exchange
    since: float = field(default_factory=time.monotonic)

    @property
    def alone(self) -> bool:
        """It must not be sent beside others, see `hub.worker.quarantine`."""
        return self.exchange.delivery.delivery_count >= SUSPECT


class Hand:
    """Used by one thread. What is busy is set aside, so that it keeps nobody else from going out."""

    def __init__(self) -> None:
        self._held: deque[Held] = deque()
        self._aside: list[tuple[float, Held]] = []  # with the time from which on to ask again

    def __len__(self) -> int:
        return len(self._held) + len(self._aside)

    def ready(self) -> int:
        """How many may be drawn now."""
        self._bring_back()
        return len(self._held)

    def add(self, held: Held) -> None:
        self._held.append(held)

    def draw(self, most: int) -> list[Held]:
        """The next ones, in order; one that goes alone is drawn alone."""
        self._bring_back()
        drawn: list[Held] = []
        while self._held and len(drawn) < most and not (drawn and (drawn[0].alone or self._held[0].alone)):
            drawn.append(self._held.popleft())
        return drawn

    def put_back(self, held: Sequence[Held]) -> None:
        """In front of all others, in this order."""
        self._held.extendleft(reversed(held))

    def set_aside(self, held: Iterable[Held], seconds: float) -> None:
        """Not to be drawn for so long; then in front of all others."""
        again = time.monotonic() + seconds
        self._aside += [(again, each) for each in held]

    def older_than(self, since: float) -> list[Held]:
        """Take out those held since before `since`."""
        taken = [held for held in self._all() if held.since < since]
        if taken:
            self._keep(lambda held: held.since >= since)
        return taken

    def forget_lost(self, subscription: Subscription) -> int:
        """Drop those whose channel is gone, which the broker hands out anew; returns how many."""
        before = len(self)
        if any(not subscription.current(held.exchange.delivery.tag) for held in self._all()):
            self._keep(lambda held: subscription.current(held.exchange.delivery.tag))
        return before - len(self)

    def _all(self) -> list[Held]:
        return [*(held for _, held in self._aside), *self._held]

    def _keep(self, wanted: Callable[[Held], bool]) -> None:
        self._held = deque(held for held in self._held if wanted(held))
        self._aside = [one for one in self._aside if wanted(one[1])]

    def _bring_back(self) -> None:
        if self._aside:
            now = time.monotonic()
            self.put_back([held for again, held in self._aside if again <= now])
            self._aside = [one for one in self._aside if one[0] > now]
