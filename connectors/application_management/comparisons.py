"""The simulated partner's cases: how each record compares with what the applicant wrote, and what is closed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Case:
    """`version`, `content`: of the record compared last; `differing`: the items in which it differs."""

    version: int
    content: str
    differing: tuple[str, ...]
    closed: bool = False


class Comparisons:
    """Cases by the digest of their 受付番号, as the ledger names them."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}

    @staticmethod
    def differing(record: Mapping[str, str], application: Mapping[str, str]) -> tuple[str, ...]:
        """The items that are not the same in both, to the character."""
        return tuple(item for item, text in application.items() if record[item] != text)

    @staticmethod
    def written(content: str, differing: Sequence[str]) -> str:
        """What the ledger keeps of a comparison."""
        return json.dumps([content, list(differing)])

    def case(self, record: str) -> Case | None:
        return self._cases.get(record)

    def compared(self, record: str, version: int, note: str) -> None:
        content, differing = json.loads(note)
        self._cases[record] = Case(version, content, tuple(differing))

    def close(self, record: str) -> None:
        self._cases[record] = replace(self._cases[record], closed=True)

    def refusal(self, record: str, version: int) -> str | None:
        """Why a case may not be closed on this version of its record (R19); None: it may."""
        case = self.case(record)
        if case is None:
            return "not_compared"
        if case.version != version:
            return "version"
        return "mismatch" if case.differing else None
