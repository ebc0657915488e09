"""A screen or an act: its address, the right it needs, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from hub.console.page import Page
from hub.ports.accounts import Right


@dataclass(frozen=True, slots=True)
class Screen:
    """`right` None: for whoever is not signed in as well; there are very few, and a test names them."""

    method: Literal["GET", "POST"]
    path: str
    right: Right | None
    answer: Callable[[Page], Response]


def sees(path: str, right: Right | None, answer: Callable[[Page], Response]) -> Screen:
    """One that only looks."""
    return Screen("GET", path, right, answer)


def does(path: str, right: Right | None, answer: Callable[[Page], Response]) -> Screen:
    """One that changes something: by a form only."""
    return Screen("POST", path, right, answer)
