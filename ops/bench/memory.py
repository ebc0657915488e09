"""Memory of one worker after many messages beside what it was after some.

And what a message leaves in the database, and what one that waits costs the broker's memory.
"""

from collections.abc import Iterator

from contest import until_moved
from machine import broker_pid, resident_mib
from place import DOOR, TARGET, Place, place
from processes import Processes, running
from row import Row, Size

COUNTS = {"quick": (500, 2_000), "short": (10_000, 60_000), "full": (10_000, 500_000)}
AT_ONCE = 5_000


def rows(size: Size) -> Iterator[Row]:
    some, many = COUNTS[size]
    with place("quorum") as where:
        node = broker_pid(where.node)
        empty = resident_mib(node)
        where.fill_door(some)
        waiting = (resident_mib(node) - empty) * 2**20 / some
        with running([where.hub()], where.environment) as processes:
            until_moved(where, TARGET, some, processes, "hub")
            where.purge(TARGET)
            before, bytes_before = resident_mib(processes[0].pid), where.database_bytes()
            _move(where, many - some, processes)
            after, grown = resident_mib(processes[0].pid), where.database_bytes() - bytes_before
        assert where.broker.depth(DOOR) == 0
    detail = {"before_mib": round(before, 1), "after_mib": round(after, 1)}
    what = f"memory of a worker at {many:,} messages against {some:,}"
    yield Row(what, round(after / before, 3), "ratio", 1.10, False, {}, detail)
    yield Row("database per message taken in (SQLite)", round(grown / (many - some)), "bytes")
    yield Row(f"broker memory per message waiting at the door, {some:,} of 1.2 KB", round(waiting), "bytes")


def _move(where: Place, count: int, processes: Processes) -> None:
    """Exactly so many come out."""
    while count > 0:
        batch = min(count, AT_ONCE)
        where.fill_door(batch)
        until_moved(where, TARGET, batch, processes, "hub")
        assert where.broker.depth(TARGET) == batch
        where.purge(TARGET)
        count -= batch
