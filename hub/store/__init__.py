"""The store: SQLAlchemy Core on SQLite or PostgreSQL. The only package that knows SQLAlchemy and Alembic."""

from hub.store.inspection import Inspection, inspect
from hub.store.schema import migrate
from hub.store.store import SqlStore

__all__ = ["Inspection", "SqlStore", "inspect", "migrate"]
