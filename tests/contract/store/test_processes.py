"""Four processes on one database at once."""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from hub.ports.store import Balance, End
from hub.store import SqlStore
from tests.contract.store.processes import Report, Send, Task, deliver_all
from tests.contract.store.samples import DELIVERY, INTAKE, new_id

PROCESSES = 4
RECORDS = 6
VERSIONS = 10


def test_four_processes_deliver_the_same_messages(new_store: Callable[[], SqlStore], shared_url: str) -> None:
    """Given messages that are versions of a few records, a copy of each in each of four processes
    When all send at once, and a third of the sends fail
    Then no two sends of a record overlap, versions only move forward, every message has one end, and none is lost
    """
    store = new_store()
    tasks = [Task(new_id(), f"record {r}", v) for r in range(RECORDS) for v in range(1, VERSIONS + 1)]

    reports = run(shared_url, store.tenant, tasks)

    by_record: dict[str, list[Send]] = defaultdict(list)
    for report in reports:
        for send in report.sends:
            by_record[send.task.state_key].append(send)
    for sends in by_record.values():
        sends.sort(key=lambda send: send.began)
        for earlier, later in pairwise(sends):
            assert earlier.ended <= later.began
            assert earlier.task.version <= later.task.version
    delivered = [send.task for sends in by_record.values() for send in sends if send.outcome is End.DELIVERED]
    assert len(delivered) == len(set(delivered))
    assert {task for task in delivered if task.version == VERSIONS} == {t for t in tasks if t.version == VERSIONS}

    known = store.known(DELIVERY, [task.message_id for task in tasks])
    expected = {task.message_id: End.DELIVERED if task in delivered else End.SUPERSEDED for task in tasks}
    assert {message_id: found.end for message_id, found in known.items()} == expected
    ends = {"delivered": len(delivered), "superseded": len(tasks) - len(delivered)}
    assert store.balances() == [
        Balance(DELIVERY, len(tasks), {end: count for end, count in ends.items() if count}, dead=0, leased=0),
        Balance(INTAKE, len(tasks), {"forwarded": len(tasks)}, dead=0, leased=0),
    ]
    assert len({tuple(report.person_ids) for report in reports}) == 1
    assert len({tuple(report.person_keys) for report in reports}) == 1


def run(url: str, tenant: str, tasks: list[Task]) -> list[Report]:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    results = context.Queue()
    workers = [
        context.Process(target=deliver_all, args=(url, tenant, seed, tasks, start, results))
        for seed in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    try:
        return [results.get(timeout=90) for _ in workers]
    finally:
        for worker in workers:
            worker.join(5)
            if worker.is_alive():
                worker.kill()
                worker.join()
        results.close()
        results.join_thread()
