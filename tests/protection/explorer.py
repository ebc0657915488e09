"""All states a system can reach by any order of its steps, breadth first, and the shortest way to a violation."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
Step = tuple[str, S]


@dataclass(frozen=True)
class Found(Generic[S]):
    """`path`: names of the steps to a violation, None where there is none; `states`: so many were looked at."""

    states: int
    path: tuple[str, ...] | None
    wrong: str = ""


def explore(
    start: S, steps: Callable[[S], Iterable[Step[S]]], wrong: Callable[[S], str], most: int = 1_000_000
) -> Found[S]:
    """`wrong`: what is violated in a state, "" for nothing. Raises RuntimeError above `most` states."""
    came_from: dict[S, tuple[S, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if said := wrong(state):
            return Found(len(came_from), _path(state, came_from), said)
        for name, after in steps(state):
            if after not in came_from:
                came_from[after] = (state, name)
                queue.append(after)
        if len(came_from) > most:
            raise RuntimeError(f"more than {most} states")
    return Found(len(came_from), None)


def _path(state: S, came_from: dict[S, tuple[S, str] | None]) -> tuple[str, ...]:
    names: list[str] = []
    while (before := came_from[state]) is not None:
        state, name = before
        names.append(name)
    return tuple(reversed(names))
