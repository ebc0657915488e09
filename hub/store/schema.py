"""Bringing a database up to date. Migrations are ordered and go forward only."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from hub.store.database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_365_071  # any number; the same for every process that migrates


def migrate(url: str) -> None:
    """Create the schema, or bring it to this version: all or nothing, in one transaction.

    Processes may do this at once: the first does it. Not for several threads of one process: Alembic is not made for
    that. Raises StoreUnavailable, ConfigError.
    """

    def work(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":  # SQLite's write lock does this by itself
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    database = Database(url, create=True)
    try:
        database.write(work)
    finally:
        database.close()


def configuration() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
