"""How long a fault was felt: from its end to the next effect at a partner, by the partners' own books."""

import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """A fault that is over. `partner`: the one it concerned, empty for all of them. `at`: seconds since 1970."""

    kind: str
    partner: str
    at: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """`seconds`: the longest of all, after the end of a fault of this `kind`."""

    kind: str
    seconds: float


class Stopwatch:
    """Notes the ends of faults. A fault that is followed by another before anything happens counts with both."""

    def __init__(self) -> None:
        self._ended: list[Ended] = []

    def over(self, kind: str, partner: str = "") -> None:
        self._ended.append(Ended(kind, partner, time.time()))

    def longest(self, effects: Mapping[str, Sequence[float]]) -> Recovery:
        """`effects`: times of effects by partner. A fault after which nothing was due any more does not count."""
        return max(self._recoveries(effects), key=lambda one: one.seconds, default=Recovery("", 0.0))

    def _recoveries(self, effects: Mapping[str, Sequence[float]]) -> Iterable[Recovery]:
        times = {name: sorted(each) for name, each in effects.items()}
        times[""] = sorted(at for each in effects.values() for at in each)
        for one in self._ended:
            own = times.get(one.partner, [])
            position = bisect_right(own, one.at)
            if position < len(own):
                yield Recovery(one.kind, own[position] - one.at)
