"""Waiting for SQLite's one write lock: for so long, and leaving nothing behind on the connection."""

import sqlite3
from pathlib import Path

import pytest

from hub.errors import StoreUnavailable
from hub.store import database
from hub.store.database import BUSY_MS, Database


def test_a_lock_that_does_not_come_is_an_outage_and_the_next_wait_is_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hub.db"
    opened = Database(f"sqlite:///{path}", create=True)
    opened.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (x)"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "_LOCK_SECONDS", 0.02)

    with pytest.raises(StoreUnavailable):
        opened.write(lambda connection: connection.exec_driver_sql("INSERT INTO t VALUES (1)"))

    assert opened.read(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout").scalar()) == BUSY_MS
    holder.rollback()
    opened.write(lambda connection: connection.exec_driver_sql("INSERT INTO t VALUES (1)"))
    opened.close()
    holder.close()
