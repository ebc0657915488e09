"""Two municipalities in one database: every method of the store, tried by one with the ids of the other (R34).

What the second one is told is what it would be told in a database of its own, and no row of the first one changes. A
method that is not tried here fails `test_outage.test_every_method_of_the_port_is_tried`, whose calls these are.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit.signing import Signer
from hub.errors import RenkeiError
from hub.ports.emergencies import NewEmergency
from hub.ports.fence import NewAct, Step
from hub.ports.holds import NewHold
from hub.ports.keys import MasterKeySupersededError
from hub.ports.permissions import Combination, PermissionList
from hub.ports.plans import NewPlan
from hub.ports.store import DeadFilter, End, Progress, SealedBody, WrappedKey
from hub.store import SqlStore, migrate
from hub.store.tables import metadata
from tests.audit import audit_key
from tests.contract.store.samples import CHILD, DELIVERY, INTAKE, asked, dead, draft, request, settled
from tests.contract.store.test_outage import ACCOUNT, CALLS, CASE, CHANGE, CREDENTIALS, EMPLOYEE, FEED

FIRST = "141305"
MARK = "of-the-first"
# What they return is an id or key that is made at the call.
MAKES = {
    "add_request", "ask_erasure", "begin_emergency", "create_plan", "list_batch", "person_id", "propose_edit",
    "record_acts", "record", "audit_rows", "newest_audit_rows", "waiting_audit_rows", "masters",
}  # fmt: skip


def fill(store: SqlStore) -> None:
    """One of everything, under the ids the calls use: 1, "x", "a", "pmh"."""
    key = store.add_key(WrappedKey("x", "epoch", None, MARK.encode(), 1))
    store.add_key(WrappedKey("y", "person", store.person_id(CHILD), MARK.encode(), 1))
    store.current_master("a")
    plain = dead("x")
    assert plain.dead is not None
    letter = replace(plain.dead, body=SealedBody(key.key_id, MARK.encode()), explanation=MARK)
    store.settle([settled("x"), settled("y", End.DELIVERED, hop=DELIVERY, digest=MARK), replace(plain, dead=letter)])
    held = NewHold("fence.protected", 1, MARK, DELIVERY, "{}", SealedBody("x", MARK.encode()), (CHILD,))
    store.settle([replace(settled("h", Progress.HELD, hop=DELIVERY), hold=held)])
    store.open_leases([request("z", state_key="x", version=9)])
    store.suspect("q", "x", 0)
    store.circuit_failure("pmh", 0, True, None)
    assert store.propose_edit(draft(1, reason=MARK)) == 1
    store.begin_emergency(NewEmergency("a", MARK, None, 0, 1))
    store.ask_erasure(CHILD.aliases, "a", MARK, None, 0)
    assert store.add_request(asked(digest=MARK)) == 1
    store.create_account(replace(ACCOUNT, display=MARK), CREDENTIALS, CHANGE)
    CALLS["begin_session"](store)
    assert store.apply_staff(replace(FEED, who=MARK), [replace(EMPLOYEE, department=MARK)], [])
    store.create_plan(NewPlan(DeadFilter(), "a", MARK))
    CALLS["write_case"](store)
    store.found_fences("epoch", MARK, 0, [])
    store.confirm_fences("epoch", "b", 0)
    store.record_acts([NewAct(Step.RAISE, "welfare", CHILD, MARK, "a", 0)])
    store.keep_list(PermissionList(1, 0, 10**18, frozenset({Combination("a", "b", "c", "d")})), 0)
    store.settle([dead("w", "deliver.exhausted")])
    assert store.discard(2, "a", MARK)
    store.list_batch(10**18, MARK, 0)
    store.extend_audit(Signer(b"s" * 32, FIRST).note, 0, 3)


def rows(url: str, tenant: str) -> dict[str, list[Any]]:
    """All that lies there of one municipality."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = {
            name: sorted(
                repr(tuple(row)) for row in connection.execute(sa.select(table).where(table.c.tenant == tenant))
            )
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return found


def told(store: SqlStore, name: str) -> str:
    try:
        return repr(CALLS[name](store))
    except (RenkeiError, MasterKeySupersededError) as error:
        return repr(error)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "hub.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def first(empty_url: str) -> Iterator[SqlStore]:
    migrate(empty_url)
    store = SqlStore(empty_url, FIRST, audit_key)
    try:
        fill(store)
        yield store
    finally:
        store.close()


@pytest.mark.rule("R34")
def test_the_first_municipality_has_one_of_everything(first: SqlStore, empty_url: str) -> None:
    """Else what follows would show nothing."""
    lying = rows(empty_url, FIRST)

    empty = {name for name, found in lying.items() if not found}
    assert empty <= {
        "answers", "audit_tiles", "case_notes", "hold_acts", "journal_refusals", "sequence", "batch_items",
    }, empty  # fmt: skip
    assert CASE.case_id in repr(first.case_rows())


@pytest.mark.rule("R34")
def test_a_second_municipality_is_alone_whatever_it_tries(
    first: SqlStore, empty_url: str, template: Path, tmp_path: Path
) -> None:
    before = rows(empty_url, FIRST)
    for number, name in enumerate(sorted(CALLS)):
        tenant = f"second {number}"
        alone_file = tmp_path / f"{number}.db"
        shutil.copy(template, alone_file)
        second = SqlStore(empty_url, tenant, audit_key)
        alone = SqlStore(f"sqlite:///{alone_file}", tenant, audit_key)

        answer, expected = told(second, name), told(alone, name)

        assert MARK not in answer, name
        if name not in MAKES:
            assert answer == expected, name
        assert rows(empty_url, FIRST) == before, f"{name} has changed something of the first"
        second.close()
        alone.close()
        alone_file.unlink()
    assert INTAKE in repr(first.balances())
