"""Who works here, as the personnel office tells it in its last feed (R51, R52).

Of a feed are kept its date, its digest, and who was in it. Nobody is ever removed: that an account belongs to one
person has to be known after they have left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from hub.ports.accounts import Account, Change


class Standing(Enum):
    ACTIVE = "active"
    SUSPENDED = "suspended"  # on leave: comes back, and may do nothing meanwhile
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Employee:
    """One person and one account of theirs. `staff_id`: of the personnel office, never a 個人番号.

    `since`, `until`: first and last day; None: no end is known.
    """

    account: str
    staff_id: str
    department: str
    since: date
    until: date | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Feed:
    """`of`: the day it tells of; `digest`: SHA-256 of the file, hex; `at`: when it was applied (microseconds)."""

    of: date
    digest: str
    people: int
    at: int
    who: str


@dataclass(frozen=True, slots=True)
class Alteration:
    """An account as it was looked at, as it is to be, and what is kept of that."""

    before: Account
    after: Account
    change: Change


class Staff(Protocol):
    def staff_feed(self) -> Feed | None:
        """The last one that was applied."""
        ...

    def staff(self, listed: bool = True) -> list[Employee]:
        """By account. `listed`: in the last feed; else everybody who ever was in one, as they were told of last."""
        ...

    def apply_staff(self, feed: Feed, people: Sequence[Employee], altered: Sequence[Alteration]) -> bool:
        """Keep the feed and change the accounts, all in one commit; who is disabled has no session from then on.

        False, and nothing of it is done, where a feed of a later day was applied, or one of these accounts is not as it
        was looked at.
        """
        ...
