"""What an operator wants to know of a database before trusting it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.store.database import Database
from hub.store.tables import SCHEMA_VERSION

_DURABLE = ("fsync", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Inspection:
    """`schema`: its revision, None where there is none; `needed`: this version's; `older`: `migrate` brings it there.

    `server`: version as numbers; `clock`: seconds since 1970 there, None for SQLite, which has no other clock;
    `unsafe`: settings of the server with which a committed transaction may be lost, as name=value.
    """

    dialect: str
    server: tuple[int, ...]
    schema: str | None
    needed: str
    older: bool
    clock: float | None
    unsafe: tuple[str, ...]


def inspect(url: str) -> Inspection:
    """Look without changing anything. Raises StoreUnavailable, ConfigError."""
    database = Database(url)
    try:
        schema = database.read(_schema)
        older = schema != SCHEMA_VERSION and (schema is None or schema in _revisions())
        if database.dialect == "sqlite":
            text = database.read(_one("SELECT sqlite_version()"))
            return Inspection("sqlite", _numbers(text), schema, SCHEMA_VERSION, older, None, ())
        text = database.read(_one("SHOW server_version"))
        clock = database.read(_one("SELECT extract(epoch FROM clock_timestamp())"))
        unsafe = [f"{name}=off" for name in _DURABLE if database.read(_one(f"SHOW {name}")) == "off"]
        return Inspection(
            "postgresql", _numbers(text), schema, SCHEMA_VERSION, older, float(clock), tuple(unsafe)
        )  # fmt: skip
    finally:
        database.close()


def _revisions() -> set[str]:
    # loaded when needed, see `hub.store.migrate`
    from alembic.script import ScriptDirectory

    from hub.store.schema import configuration

    return {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}


def _schema(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return ", ".join(found) or None


def _one(query: str) -> Callable[[sa.Connection], Any]:
    return lambda connection: connection.exec_driver_sql(query).scalar_one()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split()[0].split(".") if part.isdigit())
