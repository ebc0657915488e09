"""The store: SQLAlchemy Core on SQLite or PostgreSQL. The only package that knows SQLAlchemy and Alembic."""

from hub.store.inspection import Inspection, inspect
from hub.store.store import SqlStore

__all__ = ["Inspection", "SqlStore", "inspect", "migrate"]


def migrate(url: str) -> None:
    """See `hub.store.schema`, which is loaded when needed: Alembic is half of a process's start."""
    from hub.store import schema

    schema.migrate(url)
