"""What each of several processes does to one store; started by `test_processes`."""

import random
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier as BarrierType
from typing import Any

from hub.ports.store import Alias, End, LeaseRequest, PersonRef, Progress, Verdict, WrappedKey
from hub.store import SqlStore
from tests.audit import audit_key
from tests.contract.store.samples import DELIVERY, SECOND, child, new_id, request, sent, settled


@dataclass(frozen=True, slots=True)
class Task:
    """One message to deliver: version `version` of the record `state_key`."""

    message_id: str
    state_key: str
    version: int


@dataclass(frozen=True, slots=True)
class Send:
    """One send as its process saw it, on the machine's one monotonic clock."""

    task: Task
    began: int
    ended: int
    outcome: End | Progress


@dataclass(frozen=True, slots=True)
class Report:
    sends: list[Send]
    person_ids: list[str]
    person_keys: list[str]


def deliver_all(url: str, tenant: str, seed: int, tasks: list[Task], start: BarrierType, results: Any) -> None:
    """Every process has a copy of every message, as after a redelivery, and tries until all have their end."""
    store = SqlStore(url, tenant, audit_key)
    start.wait()
    try:
        results.put(_deliver_all(store, f"process {seed}", random.Random(seed), tasks))
    finally:
        store.close()


def _deliver_all(store: SqlStore, owner: str, rng: random.Random, tasks: list[Task]) -> Report:
    left = {task.message_id: task for task in tasks}
    sends: list[Send] = []
    for task in rng.sample(tasks, len(tasks)):  # all settle all intakes: one settles, the others repeat it
        store.settle([settled(f"intake of {task.message_id}", children=(child(task.message_id),))])
    deadline = time.monotonic() + 60
    while left:
        assert time.monotonic() < deadline, f"{len(left)} messages never ended"
        batch = rng.sample(list(left.values()), min(len(left), rng.randint(1, 8)))
        requests = [_request(task, owner) for task in batch]
        verdicts = store.open_leases(requests)
        began = time.monotonic_ns()
        granted: list[tuple[Task, LeaseRequest]] = []
        for task, lease, found in zip(batch, requests, verdicts, strict=True):
            if found.verdict is Verdict.GRANTED:
                granted.append((task, lease))
            elif found.verdict is Verdict.SUPERSEDED:
                store.settle([sent(lease, End.SUPERSEDED, leased_at=None)])
                del left[task.message_id]
            elif found.verdict is Verdict.DUPLICATE:
                del left[task.message_id]
            else:
                assert found.verdict is Verdict.BUSY, found
        outcomes = [rng.choice([End.DELIVERED, End.DELIVERED, Progress.RETRY]) for _ in granted]
        ended = time.monotonic_ns()
        store.settle([sent(lease, outcome) for (_, lease), outcome in zip(granted, outcomes, strict=True)])
        for (task, _), outcome in zip(granted, outcomes, strict=True):
            sends.append(Send(task, began, ended, outcome))
            if outcome is End.DELIVERED:
                del left[task.message_id]
    person_ids = [store.person_id(PersonRef("subject", (Alias("a", str(n)), Alias("b", str(n))))) for n in range(20)]
    person_keys = [
        store.add_key(WrappedKey(new_id(), "person", subject, b"wrapped", 1)).key_id for subject in person_ids
    ]
    return Report(sends, person_ids, person_keys)


def _request(task: Task, owner: str) -> LeaseRequest:
    now = time.time_ns() // 1000
    return request(
        task.message_id,
        hop=DELIVERY,
        state_key=task.state_key,
        version=task.version,
        digest="digest",
        owner=owner,
        now=now,
        deadline=now + 60 * SECOND,
    )
