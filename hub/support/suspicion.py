"""Acts in the record that somebody should ask about (R49). What is found proves nothing: each is a question.

| rule | what is told |
|---|---|
| `hours` | a look, a reveal, a search or an export outside office hours, or on a Saturday or Sunday, Japanese time |
| `reveals` | more fields revealed by one account on one day than is usual |
| `search` | a person was searched for, and nothing of that person was looked at or worked on within an hour |
| `sign_in` | more failed sign-ins to one account on one day than forgetting explains |
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.clock import JST
from hub.hours import Hours
from hub.ports.audit import HUB, Audit, AuditFilter

REVEALS, FAILURES = 20, 5  # of one account on one day; so many are told
HOUR_US = 3600 * 1_000_000
_LOOKS = ("look.", "reveal.", "search.", "hold.look", "edit.look", "case.reveal", "audit.export")
_REVEALS = ("reveal.field", "case.reveal")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Suspicion:
    """`rows`: ids of rows of the record; `at`: of the first of them, microseconds."""

    rule: str
    actor: str
    at: int
    rows: tuple[int, ...]
    found: str


def suspicions(
    store: Audit, since: int | None, until: int | None, office: Hours, reveals: int = REVEALS, failures: int = FAILURES
) -> list[Suspicion]:
    """In the order of their times. Only what people did: of the hub's own rows there are too many, and none looks."""
    acts = sorted(_acts(store, since, until), key=lambda one: (one["at"], one["id"]))
    found = [*_hours(acts, office), *_searches(acts)]
    found += _many(acts, "reveals", _REVEALS, reveals, "fields revealed")
    found += _many(acts, "sign_in", ("session.fail",), failures, "failed sign-ins")
    return sorted(found, key=lambda one: (one.at, one.rule, one.rows))


def _acts(store: Audit, since: int | None, until: int | None) -> Iterator[dict[str, Any]]:
    before = None
    where = AuditFilter(since, until)
    while page := store.newest_audit_rows(where, before, _PAGE):
        for row in page:
            said = json.loads(row.text)
            if said["actor"] != HUB:
                yield said | {"id": row.id}
        before = page[-1].id


def _hours(acts: list[dict[str, Any]], office: Hours) -> Iterator[Suspicion]:
    for one in acts:
        when = datetime.fromtimestamp(one["at"] / 1_000_000, UTC).astimezone(JST)
        if one["act"].startswith(_LOOKS) and (when.weekday() >= 5 or not office.open_at(one["at"])):
            yield Suspicion(
                "hours", one["actor"], one["at"], (one["id"],), f"{one['act']} on {when:%A} at {when:%H:%M}"
            )


def _searches(acts: list[dict[str, Any]]) -> Iterator[Suspicion]:
    for one in acts:
        if one["act"] != "search.person":
            continue
        persons = _persons(one)
        used = any(
            other["actor"] == one["actor"]
            and other["act"] != "search.person"
            and abs(other["at"] - one["at"]) <= HOUR_US
            and _persons(other) & persons
            for other in acts
        )
        if not used:
            yield Suspicion("search", one["actor"], one["at"], (one["id"],), "a search, and nothing followed it")


def _many(acts: list[dict[str, Any]], rule: str, names: tuple[str, ...], least: int, what: str) -> Iterator[Suspicion]:
    chosen = [(one["actor"], datetime.fromtimestamp(one["at"] / 1_000_000, JST).date(), one) for one in acts
              if one["act"] in names]  # fmt: skip
    for (actor, day), count in sorted(Counter((actor, day) for actor, day, _ in chosen).items()):
        if count >= least:
            mine = [one for who, when, one in chosen if (who, when) == (actor, day)]
            rows = tuple(one["id"] for one in mine)
            yield Suspicion(rule, actor, mine[0]["at"], rows, f"{count} {what} on {day}")


def _persons(said: dict[str, Any]) -> frozenset[str]:
    return frozenset(hash_ for _, aliases in said["persons"] for _, hash_ in aliases)
