"""The simulated partner's シリアル番号紐付ファイル: rows of serial and 宛名番号, as the differences leave them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`deleted`: 削除フラグ, such a row never matches; `exclusion_key`: 排他キー, counts the changes of this row."""

    serial: str
    person: str
    deleted: bool
    exclusion_key: int


class Links:
    """`last`: the number up to which all differences are in the table."""

    def __init__(self) -> None:
        self.last = 0
        self._rows: dict[tuple[str, str], Row] = {}

    @staticmethod
    def written(rows: Iterable[Row]) -> str:
        """Rows as the ledger keeps them."""
        return json.dumps([astuple(row) for row in rows])

    @staticmethod
    def read(text: str) -> list[Row]:
        return [Row(*each) for each in json.loads(text)]

    def changed_by(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the rows that say something newer than the table, by their 排他キー (R12)."""
        return [row for row in rows if row.exclusion_key > self._key_of(row)]

    def apply(self, number: int, rows: Sequence[Row]) -> None:
        """Take in the difference `number`, which must be the next one."""
        assert number == self.last + 1
        for row in self.changed_by(rows):
            self._rows[row.serial, row.person] = row
        self.last = number

    def replace(self, last: int, rows: Iterable[Row]) -> None:
        """Take in the full set, which contains all differences up to `last`."""
        self._rows = {(row.serial, row.person): row for row in rows}
        self.last = last

    def active(self, serial: str) -> list[str]:
        """Every 宛名番号 the serial stands for (R11)."""
        return sorted(row.person for row in self._rows.values() if row.serial == serial and not row.deleted)

    def _key_of(self, row: Row) -> int:
        known = self._rows.get((row.serial, row.person))
        return 0 if known is None else known.exclusion_key
