"""One line of the result: what was measured, what was wanted of it, what came out, and whether that is enough."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    """`goal`: None where nothing is wanted, for what stands beside; `least`: whether at least or at most the goal.

    `settings`: how each side was set up; `detail`: the figures it was computed from; `relays`: those of a contest, by
    relay, on queues of a `kind`.
    """

    what: str
    measured: float
    unit: str
    goal: float | None = None
    least: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    relays: dict[str, Any] = field(default_factory=dict)
    kind: str = ""

    @property
    def passed(self) -> bool | None:
        if self.goal is None:
            return None
        return self.measured >= self.goal if self.least else self.measured <= self.goal

    @property
    def wanted(self) -> str:
        return "" if self.goal is None else f"{'≥' if self.least else '≤'} {self.goal:g}"

    def as_json(self) -> dict[str, Any]:
        found = asdict(self)
        del found["least"]
        return found | {"goal": self.wanted, "pass": self.passed}


@dataclass(frozen=True)
class Spread:
    """Of several rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float], digits: int = 0) -> "Spread":
        found = list(values)
        return cls(*(round(each, digits) for each in (statistics.median(found), min(found), max(found))))


# quick: whether it works at all; short: some ten minutes for all; full: half an hour and more
Size = Literal["quick", "short", "full"]
