"""Between processes: a raise goes ahead of all who write to SQLite, and who is killed while ahead stops nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.store import migrate, turn
from hub.store.database import Database

# ahead, and then busy for ever with what it does there
AHEAD = """
import sys, time
from hub.store.database import Database
database = Database(sys.argv[1])
def work(connection):
    print("ahead", flush=True)
    time.sleep(600)
database.write(work, ahead=True)
"""


@pytest.fixture
def url(sqlite_url: str) -> str:
    migrate(sqlite_url)
    return sqlite_url


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def insert(database: Database, name: str, ahead: bool = False) -> None:
    query = sa.text(
        "INSERT INTO suspects (tenant, queue, fingerprint, begun, at) VALUES ('t', :id, :name, 1, 1)"
    ).bindparams(id=str(uuid4()), name=name)
    database.write(lambda connection: connection.execute(query), ahead)


def names(database: Database) -> list[str]:
    query = sa.text("SELECT fingerprint FROM suspects ORDER BY rowid")
    return [str(row[0]) for row in database.read(lambda connection: connection.execute(query).all())]


def test_nobody_begins_to_write_while_another_is_ahead_but_whoever_is_ahead(url: str) -> None:
    """Given one process that goes ahead and has not begun yet
    When others want to write, in its own process as in another
    Then they wait until it has written, though the database is free."""
    with opened(url) as urgent, opened(url) as elsewhere:
        assert urgent._turn is not None
        with urgent._turn.ahead():
            others = [threading.Thread(target=insert, args=(one, "other")) for one in (urgent, elsewhere)]
            for other in others:
                other.start()
            time.sleep(0.3)
            assert names(urgent) == []
            urgent._turn = None  # the lock is held already
            insert(urgent, "urgent", ahead=True)
            assert names(urgent) == ["urgent"]
        for other in others:
            other.join(20)

        assert names(elsewhere) == ["urgent", "other", "other"]


def test_who_is_killed_while_ahead_stops_nobody(url: str) -> None:
    with opened(url) as database:
        process = subprocess.Popen([sys.executable, "-c", AHEAD, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ahead\n"
        other = threading.Thread(target=insert, args=(database, "other"))
        other.start()
        other.join(0.3)
        assert other.is_alive()  # it gives way

        process.kill()
        process.wait()
        process.stdout.close()
        other.join(20)

        assert names(database) == ["other"]


def test_who_stands_still_while_ahead_stops_nobody_for_good(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a process that is ahead and does not move: it has begun nothing, and it lives
    Then others write all the same, those that go ahead as those that do not."""
    monkeypatch.setattr(turn, "MOST", 0.1)
    with opened(url) as still, opened(url) as others:
        assert still._turn is not None
        with still._turn.ahead():
            insert(others, "in turn")
            insert(others, "ahead", ahead=True)
            assert names(others) == ["in turn", "ahead"]


def test_the_file_beside_the_database_is_its_owners_alone(url: str) -> None:
    with opened(url) as database:
        insert(database, "one", ahead=True)
        insert(database, "two")
        assert Path(f"{database._path}-turn").stat().st_mode & 0o777 == 0o600
