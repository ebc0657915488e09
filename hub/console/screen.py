"""A screen or an act: its address, the right it needs, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from starlette.responses import Response

from hub.console.page import Page
from hub.ports.accounts import Right


class Without(Enum):
    """What needs no right. There is very little of it, and a test names it all."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"  # about the person's own account


@dataclass(frozen=True, slots=True)
class Screen:
    """One address with one method."""

    method: Literal["GET", "POST"]
    path: str
    right: Right | Without
    answer: Callable[[Page], Response]


def sees(path: str, right: Right | Without, answer: Callable[[Page], Response]) -> Screen:
    """One that only looks."""
    return Screen("GET", path, right, answer)


def does(path: str, right: Right | Without, answer: Callable[[Page], Response]) -> Screen:
    """One that changes something: by a form only."""
    return Screen("POST", path, right, answer)
