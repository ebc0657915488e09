"""The file of the personnel office: who works here (R51, R52). Read whole, or refused with the line that is wrong.

    feed,2027-04-01,2
    account,staff_id,name,department,from,until,state
    suzuki,10234,Suzuki Hanako,Child welfare,2025-04-01,,active
    sato,10877,Sato Jiro,Child welfare,2024-04-01,2027-03-31,left

The first line says of which day it tells, and of how many people, so that a file which broke off is noticed. It tells
of everybody: who is not in it does not work here.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hub.errors import Refused
from hub.ports.staff import Employee, Standing
from hub.support.accounts import is_name

COLUMNS = ("account", "staff_id", "name", "department", "from", "until", "state")
MOST_BYTES = 8 * 1024 * 1024
_STAFF_ID = re.compile(r"[A-Za-z0-9-]{1,11}")  # shorter than a 個人番号, so that none can stand there
_TEXT = 80  # characters


@dataclass(frozen=True, slots=True)
class StaffFile:
    """`names`: of the people, by account; not kept."""

    of: date
    people: tuple[Employee, ...]
    names: Mapping[str, str]


def read(content: bytes, today: date) -> StaffFile:
    """A CSV in UTF-8. Raises Refused `access.feed`, naming line and column and never a value."""
    if len(content) > MOST_BYTES:
        raise _wrong("it is too large", f"at most {MOST_BYTES} bytes")
    try:
        rows = list(_rows(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise _wrong(f"byte {error.start}", "it is not UTF-8; write it anew in UTF-8") from None
    if len(rows) < 2:
        raise _wrong("line 1", "the file is empty or broke off")
    (_, first), (number, header), *lines = rows
    of, people = _head(first, today)
    if tuple(header) != COLUMNS:
        raise _wrong(f"line {number}", f"the columns must be {','.join(COLUMNS)}")
    if len(lines) != people:
        raise _wrong("line 1", f"it says {people} people and the file has {len(lines)}: it broke off, or was changed")
    found: dict[str, Employee] = {}
    names: dict[str, str] = {}
    for number, row in lines:
        if len(row) != len(COLUMNS):
            raise _wrong(f"line {number}", f"{len(row)} columns instead of {len(COLUMNS)}")
        fields = dict(zip(COLUMNS, row, strict=True))
        one = _employee(fields, number)
        if one.account in found:
            raise _wrong(f"line {number}, account", "it stands there twice")
        found[one.account], names[one.account] = one, _text(fields, "name", number)
    return StaffFile(of, tuple(found.values()), names)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """With the number of the line each ends on; empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error:
        raise _wrong(f"line {reader.line_num}", "it is no CSV: quotes do not match, or a field is too long") from None


def _head(row: list[str], today: date) -> tuple[date, int]:
    if len(row) != 3 or row[0] != "feed" or not re.fullmatch(r"[0-9]{1,6}", row[2]):
        raise _wrong("line 1", 'it must be "feed", the day, the number of people: feed,2027-04-01,120')
    of = _day(row[1], "line 1")
    if of > today:
        raise _wrong("line 1", "the day lies ahead")
    return of, int(row[2])


def _employee(fields: Mapping[str, str], number: int) -> Employee:
    if not is_name(fields["account"]):
        raise _wrong(f"line {number}, account", "letters, digits, dots and hyphens, at most 40")
    if not _STAFF_ID.fullmatch(fields["staff_id"]):
        raise _wrong(f"line {number}, staff_id", "letters, digits and hyphens, at most 11")
    since = _day(fields["from"], f"line {number}, from")
    until = _day(fields["until"], f"line {number}, until") if fields["until"] else None
    if until is not None and until < since:
        raise _wrong(f"line {number}, until", "it lies before the first day")
    try:
        standing = Standing(fields["state"])
    except ValueError:
        raise _wrong(f"line {number}, state", f"one of {', '.join(one.value for one in Standing)}") from None
    return Employee(fields["account"], fields["staff_id"], _text(fields, "department", number), since, until, standing)


def _text(fields: Mapping[str, str], name: str, number: int) -> str:
    text = fields[name]
    if not (0 < len(text) <= _TEXT and text.isprintable() and text.strip() == text):
        raise _wrong(f"line {number}, {name}", f"1 to {_TEXT} printable characters, without spaces around them")
    return text


def _day(text: str, where: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise _wrong(where, "a day is written 2027-03-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(where, "there is no such day") from None


def _wrong(where: str, what: str) -> Refused:
    return Refused("access.feed", f"{where}: {what}")
