"""What a check says."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """Ordered: the worst is the greatest."""

    OK = 0
    WARNING = 1  # it works, and somebody should look at it
    FAILED = 2  # it does not work, loses safety, or could not be checked though it should


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check. `found`: what is so, one sentence; `fix`: the exact commands, one a line, "" where it is well.

    Neither holds a password or personal data.
    """

    check: str
    status: Status
    found: str
    fix: str = ""


def ok(check: str, found: str) -> Verdict:
    return Verdict(check, Status.OK, found)


def warning(check: str, found: str, fix: str) -> Verdict:
    return Verdict(check, Status.WARNING, found, fix)


def failed(check: str, found: str, fix: str) -> Verdict:
    return Verdict(check, Status.FAILED, found, fix)


def worst(verdicts: Iterable[Verdict]) -> Status:
    """The worst status, OK where there is none."""
    return max((verdict.status for verdict in verdicts), default=Status.OK)
