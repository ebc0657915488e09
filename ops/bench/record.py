"""What the record costs a message that leaves the city: CPU of opening and settling a lease, with and without it.

    .venv/bin/python ops/bench/record.py [--messages N] [--json]

Opens and settles N leases, 50 at a time, on SQLite (synchronous FULL): once on an edge inside the city, which records
nothing; once on one that leaves it, as before the record was kept; and once with it. The last two differ by two rows
and by the question whether the record is signed. Then the sequencer gives all rows their places. Thread CPU time.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from hub.audit.signing import Signer
from hub.ports.fence import Guard
from hub.ports.persons import Alias, PersonRef
from hub.ports.store import End, LeaseRequest, Settlement, Verdict
from hub.store import SqlStore, migrate

TENANT, AT_ONCE = "141305", 50
PERSONS = tuple(
    PersonRef(role, (Alias("addressee_number", f"{n}a" * 32), Alias("individual_number", f"{n}b" * 32)))
    for n, role in enumerate(("child", "guardian"))
)


class Unrecorded(SqlStore):
    """As before the record was kept."""

    def _record(self, connection: Any, entries: Any) -> None:
        pass

    def _is_unsigned(self, connection: Any, now: int) -> bool:
        return False


def send(store: SqlStore, count: int, guard: Guard | None) -> float:
    """Thread CPU microseconds per message."""
    begun = time.thread_time_ns()
    for _ in range(count // AT_ONCE):
        now = time.time_ns() // 1000
        requests = [
            LeaseRequest(
                hop="delivery.pmh", message_id=(one := str(uuid4())), type="pmh.entitlement", source="welfare",
                correlation_id=one, digest="d" * 64, attempt=1, persons=PERSONS, state_key=None, version=None,
                owner="bench", now=now, deadline=now + 10_000_000, guard=guard, purpose="child-medical.issue",
                basis="番号法第9条第2項・市条例",
            )
            for _ in range(AT_ONCE)
        ]  # fmt: skip
        assert {one.verdict for one in store.open_leases(requests)} == {Verdict.GRANTED}
        store.settle([
            Settlement(
                hop=one.hop, message_id=one.message_id, type=one.type, source=one.source,
                correlation_id=one.correlation_id, digest=one.digest, attempt=1, outcome=End.DELIVERED, code=None,
                started_at=now, settled_at=now, leased_at=now, disclosed=None if guard is None else PERSONS,
            )
            for one in requests
        ])  # fmt: skip
    return (time.thread_time_ns() - begun) / 1000 / count


def measure(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'hub.db'}"
        migrate(url)
        store, before = (made(url, TENANT, lambda: b"k" * 32) for made in (SqlStore, Unrecorded))
        store.found_fences("epoch", "one", time.time_ns() // 1000, [])
        store.confirm_fences("epoch", "another", time.time_ns() // 1000)
        state = store.fence_state()
        assert state is not None
        guard = Guard("discloses", PERSONS, (), None, False, False, "d" * 64, seen=state.at)
        found = {"inside": send(store, count, None)}
        found["leaving, not recorded"] = send(before, count, guard)
        signer = Signer(b"s" * 32, TENANT)
        extend = lambda: store.extend_audit(signer.note, time.time_ns() // 1000, 2000)  # noqa: E731 - used twice
        extend()
        store.anchor_audit(store.audit_head().size)
        found["leaving, recorded"] = send(store, count, guard)
        begun, rows = time.thread_time_ns(), store.audit_head().size
        while extend():
            pass
        placed = store.audit_head().size - rows
        found["the sequencer, per row"] = (time.thread_time_ns() - begun) / 1000 / placed
        store.close()
        before.close()
    return {name: round(value, 1) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measure(chosen.messages)
    print(json.dumps(found) if chosen.json else "\n".join(f"{name:>24}  {value} us" for name, value in found.items()))


if __name__ == "__main__":
    main()
