"""The legal record of inquiries and provisions (番号法23条; R30), as the tamper-evident record has it.

One line for each inquiry: who asked whom for what, when; what was given, what was withheld, when; or why nothing was.
It is derived from rows that are only ever appended; a row that is missing shows as a gap, never as a made-up time.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.ports.audit import Audit, AuditFilter, AuditRow

_PAGE = 500
ASKS = ("exchange.inquiry", "exchange.asked")


@dataclass(slots=True)
class Exchange:
    """`direction`: "inquiry" of another body (提供), "asked" by the own one (照会). Times in microseconds.

    `requested_at`: when the inquiry was taken in, or left; `replied_at`: when the reply was delivered, or came in.
    `refused`: the code of why it was not answered; `persons`: keyed hashes.
    """

    direction: str
    correlation: str
    inquirer: str
    procedure: str
    provider: str
    item: str
    purpose: str
    basis: str
    requested_at: int | None
    refused: str = ""
    replied_at: int | None = None
    items: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    persons: list[Any] = field(default_factory=list)


def exchanges(store: Audit, since: int | None = None, until: int | None = None) -> Iterator[Exchange]:
    """Those begun in the period, oldest first."""
    found = [
        row
        for act in ASKS
        for row in _rows(store, AuditFilter(since=since, until=until, act=act))
    ]  # fmt: skip
    for row in sorted(found, key=lambda one: (one["at"], one["what"])):
        yield _exchange(row, _said(store, row["details"]["correlation"]))


def _exchange(asked: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Exchange:
    about = asked["details"]
    made = Exchange(
        direction=asked["act"].partition(".")[2],
        correlation=about["correlation"],
        inquirer=about["inquirer"],
        procedure=about["procedure"],
        provider=about["provider"],
        item=about["item"],
        purpose=asked["purpose"],
        basis=asked["basis"],
        requested_at=asked["at"] if asked["act"] == "exchange.inquiry" else None,
        refused=about.get("code", ""),
        persons=list(asked["persons"]),
    )
    sent: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        details = row["details"]
        if row["act"] == "disclose.send":
            sent[row["what"][0]] = row
        elif row["act"] == "disclose.outcome" and details["outcome"] == "delivered" and row["what"][0] in sent:
            _delivered(made, sent[row["what"][0]], row["at"])
        elif row["act"] == "exchange.reply" and made.direction == "asked" and made.replied_at is None:
            made.replied_at = row["at"]
    return made


def _delivered(made: Exchange, sent: Mapping[str, Any], at: int) -> None:
    """What left is the own inquiry, or the reply to another's."""
    made.persons += [one for one in sent["persons"] if one not in made.persons]
    if made.direction == "asked":
        made.requested_at = made.requested_at or sent["at"]
        return
    details = sent["details"]
    made.replied_at = at
    made.items = tuple(filter(None, str(details.get("items", "")).split(",")))
    made.withheld = tuple(filter(None, str(details.get("withheld", "")).split(",")))


def _said(store: Audit, correlation: str) -> list[Mapping[str, Any]]:
    """All rows of a flow, and the outcomes of what it sent, in the order they were written."""
    rows = {row.id: row for row in _paged(store, AuditFilter(what=correlation))}
    for row in list(rows.values()):
        said = json.loads(row.text)
        if said["act"] == "disclose.send":
            rows |= {one.id: one for one in _paged(store, AuditFilter(what=said["what"][0]))}
    return [json.loads(rows[number].text) for number in sorted(rows)]


def _rows(store: Audit, where: AuditFilter) -> Iterator[Mapping[str, Any]]:
    for row in _paged(store, where):
        yield json.loads(row.text)


def _paged(store: Audit, where: AuditFilter) -> Iterator[AuditRow]:
    before = None
    while page := store.newest_audit_rows(where, before, _PAGE):
        yield from page
        before = page[-1].id
