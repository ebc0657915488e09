"""From the start of a worker's process until the first message is through."""

import time
from collections.abc import Iterator

from contest import until_moved
from place import TARGET, place
from processes import running
from row import Row, Size, Spread

ROUNDS = {"quick": 1, "short": 5, "full": 9}


def rows(size: Size) -> Iterator[Row]:
    times = []
    with place("quorum") as where:
        for _ in range(ROUNDS[size]):
            where.fill_door(1)
            began = time.monotonic()
            with running([where.hub()], where.environment) as processes:
                until_moved(where, TARGET, 1, processes, "hub")
                times.append(time.monotonic() - began)
            assert where.broker.depth(TARGET) == 1
            where.purge(TARGET)
    found = Spread.of(times, 2)
    detail = {"least_s": found.least, "most_s": found.most, "rounds": len(times)}
    yield Row("start of a worker to its first message", found.median, "s", 1.5, False, {}, detail)
