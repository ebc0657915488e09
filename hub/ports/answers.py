"""Answers to publishers: what became of what they sent, told on a queue of their own."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """Something a publisher is to be told, kept with the commit that made it true, until the broker has it.

    `partner`, `published_as`: who published it, and under which id; `message_id`, `hop`: which of what came of it, and
    where; `outcome`: a value of `End` or `Progress`; `at`: microseconds.
    """

    id: int
    partner: str
    published_as: str
    message_id: str
    hop: str
    type: str
    outcome: str
    code: str | None
    attempt: int
    at: int


class Answers(Protocol):
    """Part of the store. What is to be told is written by `settle`, and by what ends a message at a person's word."""

    def claim_answers(self, now: int, until: int, limit: int) -> list[Due]:
        """The oldest that are due; nobody else gets them before `until`.

        A claim that is not followed by `answered` in time is given again: an answer has the same id each time.
        """
        ...

    def answered(self, ids: Collection[int]) -> None:
        """The broker has them."""
        ...
