"""Certificates (医療証) of the children of the synthetic city, as the welfare system keeps them.

Every event in the life of a certificate is a record with a history key (履歴キー), counted up over all certificates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.sandbox import numbers
from hub.sandbox.city import TODAY, City, Resident

TYPE = "KAWASAKI01"  # 機関別受給者証種別ID, invented
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Registration:
    """One record: the state of a child's certificate under `history_key`.

    `deleted`: 削除用データ; `revoked_on`: 強制失効日; `view_stopped`: 閲覧停止.
    """

    child: Resident
    guardians: tuple[Resident, ...]
    recipient_number: str
    history_key: int
    valid_from: date
    deleted: bool = False
    certificate_type: str = TYPE
    revoked_on: date | None = None
    view_stopped: bool = False

    @property
    def valid_to(self) -> date:
        return self.valid_from + YEAR

    @property
    def record(self) -> str:
        """Which certificate this is a state of."""
        return f"{self.child.individual_number}/{self.certificate_type}"


class Certificates:
    """Draws records of every `step`-th child from `start` on, so that two users of one city share no child."""

    def __init__(self, city: City, start: int, step: int) -> None:
        guardians = {each.number: each.guardians for each in city.households}
        self._unregistered = (
            (child, guardians[child.household_number], serial)
            for serial, child in list(enumerate(city.children))[start::step]
        )
        # far apart, so that a key names one record of the welfare system, whoever drew it
        self._key = 1_000_000 * (start + 1)

    def first(self) -> Registration:
        """The first record of a child that had none. Raises StopIteration when the city has no more children."""
        child, guardians, serial = next(self._unregistered)
        return Registration(child, guardians, numbers.recipient_number(serial), self._next_key(), TODAY)

    def disclosed(self) -> Registration:
        """The same of a child whose source says nothing of 不開示."""
        while (one := self.first()).child.protected:
            pass
        return one

    def after(self, before: Registration, *, deleted: bool = False) -> Registration:
        """The next record of the same certificate: renewed for a year, or deleted."""
        return Registration(
            before.child,
            before.guardians,
            before.recipient_number,
            self._next_key(),
            before.valid_from if deleted else before.valid_to,
            deleted,
        )

    def _next_key(self) -> int:
        self._key += 1
        return self._key


def newest(registrations: Sequence[Registration]) -> list[Registration]:
    """The newest record of each certificate, in the order the certificates began."""
    return list({each.record: each for each in registrations}.values())
