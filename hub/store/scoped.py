"""What the parts of the store have in common."""

import json
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from hub.ports.persons import Alias, PersonRef
from hub.store.database import Database

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Scoped:
    """A part of the store: one database, seen as one tenant (municipality code). `audit_key`: see `SqlStore`."""

    def __init__(self, database: Database, tenant: str, audit_key: Callable[[], bytes]) -> None:
        self._database = database
        self._tenant = tenant
        self._audit_key = audit_key
        self._prepare()

    def _prepare(self) -> None:
        """Compile the statements that run for every message."""

    def _is_mine(self, table: sa.FromClause) -> sa.ColumnElement[bool]:
        return table.c.tenant == self._tenant


def matches(table: sa.Table, *names: str) -> sa.ColumnElement[bool]:
    """These columns equal the parameters of the same names, for statements that run for many rows."""
    return sa.and_(*(table.c[name] == sa.bindparam(name) for name in names))


def persons_of(text: str) -> tuple[PersonRef, ...]:
    """What `persons_json` wrote."""
    return tuple(
        PersonRef(role, tuple(Alias(kind, hash_) for kind, hash_ in aliases)) for role, aliases in json.loads(text)
    )


def persons_json(persons: Sequence[PersonRef]) -> str:
    """The columns `persons`: JSON [[role, [[alias kind, alias hash], …]], …]."""
    found = [[person.role, [[alias.kind, alias.hash] for alias in person.aliases]] for person in persons]
    return _encode(found)
