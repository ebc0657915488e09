"""Inquiries of other bodies, and the list of those that are permitted (照会許可用照会リスト; F12, F15, R23).

Times in microseconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Combination:
    """Who may ask whom for what: 情報照会者, 事務手続, 情報提供者, 特定個人情報名, as codes."""

    inquirer: str
    procedure: str
    provider: str
    item: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One step of an inquiry between bodies, for the record that the law asks for (番号法23条; R30).

    `step`: "inquiry" of another body, "asked" by the own one, "reply" to the own one. `combination`: None with "reply".
    """

    step: Literal["inquiry", "asked", "reply"]
    combination: Combination | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What another body asks for. `number`: 処理通番; `licence_for`: the one its 提供許可証 was issued for."""

    combination: Combination
    number: str
    licence_for: str
    licence_until: int
    route: str


@dataclass(frozen=True, slots=True)
class PermissionList:
    """One version of the list. What it does not name is not permitted."""

    version: int
    valid_from: int
    valid_until: int
    combinations: frozenset[Combination]


@dataclass(frozen=True, slots=True)
class Permission:
    """What the list in force says of one combination. `version` and `valid_until` are the list's."""

    version: int
    valid_until: int
    listed: bool


@dataclass(frozen=True, slots=True)
class ListSummary:
    """One list as kept. `taken_at`: when it came; `size`: how many combinations it names."""

    version: int
    valid_from: int
    valid_until: int
    taken_at: int
    size: int


class Permissions(Protocol):
    """Lists are only ever added."""

    def keep_list(self, found: PermissionList, now: int) -> bool:
        """Keep a list, in a commit of its own. False where this version is known with other content."""
        ...

    def permission(self, asked: Combination, now: int) -> Permission | None:
        """By the newest version that has begun, expired or not; None where there is none."""
        ...

    def permission_lists(self) -> Sequence[ListSummary]:
        """All that were kept, newest version first."""
        ...
