"""The city's rights table (権限管理表) beside the accounts (R51): who has what nobody gave them, and who lacks it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.clock import end_of_day
from hub.errors import Refused
from hub.ports.accounts import Account, Role

_COLUMNS = ("name", "roles", "partners", "flows", "until")
_WITH_DEPARTMENT = (*_COLUMNS, "department")


@dataclass(frozen=True, slots=True)
class Line:
    """`until`: the last day, None for no end. Lists are separated by spaces in the file.

    `department`: in which these are the person's rights; None where the table has no such column.
    """

    roles: frozenset[Role]
    partners: frozenset[str]
    flows: frozenset[str]
    until: date | None
    department: str | None = None

    @property
    def expires_at(self) -> int | None:
        return None if self.until is None else end_of_day(self.until)


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    what: str


def read(content: bytes) -> dict[str, Line]:
    """A CSV in UTF-8 with a header. Raises Refused `access.table`, naming line and column."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    except UnicodeDecodeError as error:
        raise Refused("access.table", f"it is not UTF-8 (byte {error.start})") from None
    found: dict[str, Line] = {}
    try:
        if tuple(reader.fieldnames or ()) not in (_COLUMNS, _WITH_DEPARTMENT):
            told = f"{','.join(_COLUMNS)}, and department if there is one"
            raise Refused("access.table", f"line 1: the columns must be {told}")
        for row in reader:
            name = row["name"] or ""
            if not name or name in found:
                raise Refused("access.table", f"line {reader.line_num}: name is empty, or stands there twice")
            if None in row or None in row.values():
                raise Refused("access.table", f"line {reader.line_num}: too many or too few columns")
            found[name] = _line(row, reader.line_num)
    except csv.Error:
        raise Refused("access.table", f"line {reader.line_num}: it is no CSV: quotes do not match") from None
    return found


def compare(accounts: Sequence[Account], table: Mapping[str, Line], now: int) -> list[Difference]:
    """In the order of names. What has ended in both is no difference."""
    known = {one.name: one for one in accounts}
    return [
        Difference(name, what)
        for name in sorted(known.keys() | table.keys())
        for what in _differences(known.get(name), table.get(name), now)
    ]


def _differences(account: Account | None, line: Line | None, now: int) -> Iterator[str]:
    works = account is not None and account.works(now)
    if line is None:
        if works:
            yield "works, and is not in the table: disable it"
        return
    entitled = line.expires_at is None or line.expires_at > now
    if account is None or not works:
        if entitled:
            yield "is in the table, and does not work here"
        return
    if not entitled:
        yield "works, and has ended by the table: disable it"
    for field in ("roles", "partners", "flows"):
        here, there = getattr(account, field), getattr(line, field)
        if here != there:
            yield f"{field} differ: {_words(here)} here, {_words(there)} in the table"


def _line(row: Mapping[str, str | None], number: int) -> Line:
    try:
        roles = frozenset(Role(word) for word in (row["roles"] or "").split())
        until = date.fromisoformat(row["until"]) if row["until"] else None
    except ValueError:
        raise Refused("access.table", f"line {number}: an unknown role, or until is no date (2027-03-31)") from None
    if not roles or (Role.ADMIN in roles and len(roles) > 1):
        raise Refused("access.table", f"line {number}, roles: at least one, and beside admin no other")
    partners, flows = (frozenset((row[column] or "").split()) for column in ("partners", "flows"))
    return Line(roles, partners, flows, until, row.get("department"))


def _words(names: frozenset[Role] | frozenset[str]) -> str:
    return " ".join(sorted(one.value if isinstance(one, Role) else one for one in names)) or "all"
