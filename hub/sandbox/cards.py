"""Cards (個人番号カード) of the synthetic city, as the resident registry links their certificates to 宛名番号.

Every event in the life of a card is a difference of the number links (番号紐付情報の差分): issued, renewed (a new
serial, the old row deleted) or given back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from hub.sandbox.city import City

RENEWED, GIVEN_BACK = 0.3, 0.1  # shares of the events


@dataclass(frozen=True, slots=True)
class Link:
    """One row: シリアル番号 (hexadecimal), 宛名番号, 削除フラグ, 排他キー (counts the changes of the row)."""

    serial: str
    addressee_number: str
    deleted: bool = False
    exclusion_key: int = 1

    def closed(self) -> "Link":
        """The row when its card is gone: it matches nobody any more (R11)."""
        return replace(self, deleted=True, exclusion_key=self.exclusion_key + 1)


class Cards:
    """Draws differences, one event each. `rows`: the whole table as it is after those drawn so far."""

    def __init__(self, city: City) -> None:
        self._rng = Random(f"renkei-cards-{city.seed}")
        self._without: Iterator[str] = (resident.addressee_number for resident in city.residents)
        self._held: list[Link] = []
        self._rows: dict[tuple[str, str], Link] = {}

    @property
    def rows(self) -> Sequence[Link]:
        return tuple(self._rows.values())

    def difference(self) -> Sequence[Link]:
        """The rows the next event changes. Raises StopIteration when the city has no more residents."""
        drawn = self._rng.random()
        if not self._held or drawn >= RENEWED + GIVEN_BACK:
            changed = [Link(self._serial(), next(self._without))]
        else:
            old = self._held.pop(self._rng.randrange(len(self._held)))
            changed = [old.closed()]
            if drawn < RENEWED:
                changed.append(Link(self._serial(), old.addressee_number))
        self._held += [link for link in changed if not link.deleted]
        self._rows |= {(link.serial, link.addressee_number): link for link in changed}
        return changed

    def _serial(self) -> str:
        # letters at both ends: twelve digits of it may not pass for a 個人番号
        return f"A{self._rng.getrandbits(56):014X}F"
