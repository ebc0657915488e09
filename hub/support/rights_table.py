"""The city's rights table (権限管理表) beside the accounts (R51): who has what nobody gave them, and who lacks it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from hub.errors import Refused
from hub.ports.accounts import Account, Role

_COLUMNS = ("name", "roles", "partners", "flows", "until")
_JST = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Line:
    """`until`: the last day, None for no end. Lists are separated by spaces in the file."""

    roles: frozenset[Role]
    partners: frozenset[str]
    flows: frozenset[str]
    until: date | None


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    what: str


def read(content: bytes) -> dict[str, Line]:
    """A CSV in UTF-8 with a header. Raises Refused `access.table`, naming line and column."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Refused("access.table", f"it is not UTF-8 (byte {error.start})") from None
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise Refused("access.table", f"line 1: the columns must be {','.join(_COLUMNS)}")
    found: dict[str, Line] = {}
    for number, row in enumerate(reader, 2):
        name = row["name"] or ""
        if not name or name in found:
            raise Refused("access.table", f"line {number}: name is empty, or stands there twice")
        found[name] = _line(row, number)
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
    entitled = line.until is None or _after(line.until) > now
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
    return Line(roles, frozenset((row["partners"] or "").split()), frozenset((row["flows"] or "").split()), until)


def _after(day: date) -> int:
    """The first microsecond after a day in Japan."""
    return int(datetime.combine(day, time.max, _JST).timestamp() * 1_000_000) + 1


def _words(names: frozenset[Role] | frozenset[str]) -> str:
    return " ".join(sorted(one.value if isinstance(one, Role) else one for one in names)) or "all"
