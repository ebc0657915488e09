"""Replaying dead letters, the dry run included, beside the rate at which the same hop takes messages in.

The messages die at the door because nobody has granted their purpose; then it is granted, and a plan over all of them
is made, judged and run to its end while a worker takes them in again.
"""

import time
from collections.abc import Iterator

from contest import until_moved
from place import DOOR, PARTNER, TARGET, Place, place
from processes import Processes, running
from row import Row, Size

from hub.app import App
from hub.ports.letters import DeadFilter
from hub.ports.plans import ItemState, NewPlan, PlanState
from hub.sandbox.process import wait_until
from hub.support import plans, runs

COUNTS = {"quick": 500, "short": 5_000, "full": 100_000}
AT_ONCE, DEADLINE = 5_000, 1_200.0
GRANTED, OTHER = '"resident.change"', '"resident.other"'


def rows(size: Size) -> Iterator[Row]:
    count = COUNTS[size]
    with place("quorum", more="replay_alone = 1000000") as where:
        with running([where.hub()], where.environment) as processes:
            _through(where, 1, processes)
            began = time.monotonic()
            _through(where, count, processes)
            rate = count / (time.monotonic() - began)
        _grant(where, GRANTED, OTHER)
        with running([where.hub()], where.environment):
            _die(where, count)
        _grant(where, OTHER, GRANTED)
        with running([where.hub()], where.environment) as processes:
            _through(where, 1, processes)
            app = App(where.app.home.root)
            try:
                dry, whole = _replayed(app, count)
            finally:
                app.close()
            assert where.broker.depth(TARGET) == count
    detail = {
        "dead_letters": count, "dry_run_s": round(dry, 1), "whole_s": round(whole, 1),
        "replay_per_s": round(count / whole), "hop_per_s": round(rate),
    }  # fmt: skip
    what = f"replay of {count:,} dead letters (dry run included) against the rate of the hop, published meanwhile"
    yield Row(what, round(count / whole / rate, 2), "ratio", 0.5, True, {}, detail)


def _through(where: Place, count: int, processes: Processes) -> None:
    for start in range(0, count, AT_ONCE):
        batch = min(AT_ONCE, count - start)
        where.fill_door(batch)
        until_moved(where, TARGET, batch, processes, "hub")
        where.purge(TARGET)


def _grant(where: Place, old: str, new: str) -> None:
    file = where.app.home.root / f"config/grants/{PARTNER}.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def _die(where: Place, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        where.fill_door(min(AT_ONCE, count - start))
    store = where.app.store
    wait_until(lambda: sum(each[3] for each in store.dead_counts()) == count, "all are dead letters", DEADLINE)
    assert where.broker.depth(DOOR) == 0


def _replayed(app: App, count: int) -> tuple[float, float]:
    """Seconds of the dry run, and of all. Raises AssertionError where not each of them arrived."""
    began = time.monotonic()
    plan = plans.create(app.store, app.bench.hub, NewPlan(DeadFilter(source=PARTNER), "bench", "granted now"))
    dry = time.monotonic() - began
    found = runs.run(app.bench, plan.id, [PlanState.PLANNED], lambda _: None)
    whole = time.monotonic() - began
    assert found.plan.state is PlanState.DONE, found.plan
    assert found.tally.count(ItemState.FORWARDED) == count, found.tally
    return dry, whole
