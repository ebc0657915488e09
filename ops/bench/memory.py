"""Memory of one worker after many messages beside what it was after some, and what a message leaves in the database."""

from collections.abc import Iterator

from contest import until_moved
from machine import resident_mib
from place import DOOR, TARGET, Place, place
from processes import Processes, running
from row import Row, Size

COUNTS = {"quick": (500, 2_000), "short": (10_000, 60_000), "full": (10_000, 500_000)}
AT_ONCE = 5_000


def rows(size: Size) -> Iterator[Row]:
    some, many = COUNTS[size]
    with place("quorum") as where, running([where.hub()], where.environment) as processes:
        database = where.app.home.database
        _move(where, some, processes)
        before, bytes_before = resident_mib(processes[0].pid), _bytes(where)
        _move(where, many - some, processes)
        after, grown = resident_mib(processes[0].pid), _bytes(where) - bytes_before
        assert where.broker.depth(DOOR) == 0
        assert database.exists()
    what = f"memory of a worker at {many:,} messages against {some:,}"
    detail = {"before_mib": round(before, 1), "after_mib": round(after, 1)}
    yield Row(what, round(after / before, 3), "ratio", 1.10, False, {}, detail)
    yield Row("database per message taken in (SQLite)", round(grown / (many - some)), "bytes")


def _move(where: Place, count: int, processes: Processes) -> None:
    """Exactly so many come out."""
    while count > 0:
        batch = min(count, AT_ONCE)
        where.fill_door(batch)
        until_moved(where, TARGET, batch, processes, "hub")
        assert where.broker.depth(TARGET) == batch
        where.purge(TARGET)
        count -= batch


def _bytes(where: Place) -> int:
    """With the write-ahead log, which holds what is not in the file yet."""
    database = where.app.home.database
    return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))
