"""A million dead letters in a store on SQLite: how long a page takes, and whether memory stays what it was.

    .venv/bin/python ops/bench/dead_letters.py [--letters N] [--json]

Writes N dead letters of 40 causes straight into the tables, then pages through all of them 500 at a time, reads pages
filtered to a rare cause, counts the cases, and searches one person whom ten name. Times are wall-clock.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from row import Row, Size

from hub.ports.store import DeadFilter
from hub.sandbox.postgres import PrivatePostgres
from hub.store import SqlStore, migrate
from hub.store.tables import dead_letter_names, dead_letters
from hub.support import cases

TENANT, PAGE, RARE = "141305", 500, "hub.poison"
CODES = [f"deliver.{name}" for name in ("rejected", "exhausted", "in_doubt", "error")]
HOPS = [f"delivery.partner_{number}" for number in range(10)]


def letters(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        person = "sought" if number % (count // 10) == 0 else f"{number % 50_000:064x}"
        yield {
            "id": number + 1,
            "tenant": TENANT,
            "message_id": f"00000000-0000-4000-8000-{number:012x}",
            "hop": HOPS[number % 10],
            "attempt": 1,
            "correlation_id": f"00000000-0000-4000-8000-{number:012x}",
            "type": "bench.letter",
            "source": "bench",
            "code": RARE if number % 100_000 == 99_999 else CODES[number // 10 % 4],
            "stage": "deliver",
            "explanation": "status 422",
            "queue": HOPS[number % 10],
            "state": "open",
            "at": number,
            "persons": f'[["subject",[["addressee_number","{person}"],["individual_number","{person[::-1]}"]]]]',
            "envelope": "{}",
            "key_id": "key",
            "ciphertext": b"\0" * 2000,
        }


def names(letter: dict[str, Any]) -> Iterator[dict[str, Any]]:
    hashes = {hash_ for _role, aliases in json.loads(letter["persons"]) for _kind, hash_ in aliases}
    yield from ({"tenant": TENANT, "hash": hash_, "dead_id": letter["id"]} for hash_ in hashes)


def fill(url: str, count: int) -> None:
    engine = sa.create_engine(url)
    found = letters(count)
    with engine.connect() as connection:
        while part := [row for _, row in zip(range(10_000), found, strict=False)]:
            connection.execute(sa.insert(dead_letters), part)
            connection.execute(sa.insert(dead_letter_names), [name for row in part for name in names(row)])
            connection.commit()
    engine.dispose()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def paged(store: SqlStore, where: DeadFilter) -> tuple[int, float]:
    """How many there are, and the slowest page in seconds."""
    count, slowest, after = 0, 0.0, 0
    while True:
        took, page = timed(lambda: store.dead_letters(where, after_id=after, limit=PAGE))  # noqa: B023 - called at once
        if not page:
            return count, slowest
        count, slowest, after = count + len(page), max(slowest, took), page[-1].id


FILTERS = {
    "a rare cause": DeadFilter(code=RARE),
    "a hop and a cause": DeadFilter(hop=HOPS[3], code=CODES[2]),
    "a source of which there is nothing": DeadFilter(source="nobody"),
    "the newer half of a partner's": DeadFilter(source="bench", since=1),
    "a person": DeadFilter(persons=("sought",)),
}
COUNTS = {"quick": 2_000, "short": 200_000, "full": 1_000_000}
FIRST_PAGE = 50  # letters, as the console has it


def rows(size: Size) -> Iterator[Row]:
    """The slowest of the filters, each asked five times."""
    count = COUNTS[size]
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as folder:
        yield _first_page("SQLite", f"sqlite:///{Path(folder) / 'hub.db'}", count)
    with PrivatePostgres() as server:
        yield _first_page("PostgreSQL", server.create_database("bench"), count)


def _first_page(name: str, url: str, count: int) -> Row:
    migrate(url)
    fill(url, count)
    store = SqlStore(url, TENANT, lambda: b"synthetic")
    times = {}
    for what, where in FILTERS.items():
        found = [timed(lambda: store.dead_letters(where, limit=FIRST_PAGE)) for _ in range(5)]  # noqa: B023 - called at once
        times[what] = round(statistics.median(took for took, _ in found) * 1000, 1)
        few = {"a rare cause": count // 100_000, "a source of which there is nothing": 0, "a person": 10}
        assert all(len(page) == min(FIRST_PAGE, few.get(what, count)) for _, page in found), what
    store.close()
    what = f"first page of a filtered list over {count:,} dead letters, {name}"
    return Row(what, max(times.values()), "ms", 300, False, {}, times)


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'hub.db'}"
        migrate(url)
        fill(url, count)
        store = SqlStore(url, TENANT, lambda: b"synthetic")
        store.dead_letters(DeadFilter(), limit=PAGE)
        before = peak_mib()
        whole, (all_of_them, slowest) = timed(lambda: paged(store, DeadFilter()))
        rare, (few, _) = timed(lambda: paged(store, DeadFilter(code=RARE)))
        counting, groups = timed(lambda: cases.all_cases(store))
        search, found = timed(lambda: store.dead_letters(DeadFilter(persons=("sought",))))
        store.close()
        assert all_of_them == count
        assert few == count // 100_000
        assert len(found) == 10
        return {
            "letters": count,
            "all_pages_s": round(whole, 2),
            "slowest_page_ms": round(slowest * 1000, 1),
            "rare_cause_ms": round(rare * 1000, 1),
            "cases": len(groups),
            "cases_s": round(counting, 2),
            "person_s": round(search, 2),
            "memory_grown_mib": round(peak_mib() - before, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measure(chosen.letters)
    print(json.dumps(found) if chosen.json else "\n".join(f"{name:>18}  {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
