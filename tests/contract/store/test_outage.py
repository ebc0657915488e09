"""When the database is gone, full, locked or read-only: StoreUnavailable, nothing half-written, and all well after."""

import os
import resource
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

import pytest
import sqlalchemy as sa

from hub.errors import StoreUnavailable
from hub.ports.accounts import Account, Change, Credentials, Role, Session
from hub.ports.audit import AuditFilter, Entry
from hub.ports.cases import CaseRow, CaseState, Cause, Note
from hub.ports.edits import EditState
from hub.ports.emergencies import NewEmergency
from hub.ports.erasure import ErasureState
from hub.ports.fence import Guard, NewAct, Position, Step
from hub.ports.holds import HoldAct, HoldState
from hub.ports.permissions import Combination, PermissionList
from hub.ports.plans import ItemState, Judged, NewPlan, Plan, PlanState, Prospect
from hub.ports.requests import RequestKind, RequestState
from hub.ports.retention import BatchState
from hub.ports.sealed import SealedBody
from hub.ports.staff import Employee, Feed, Standing
from hub.ports.store import Alias, DeadFilter, PersonRef, WrappedKey
from hub.sandbox.postgres import PrivatePostgres
from hub.store import SqlStore, database, migrate
from tests.audit import audit_key
from tests.contract.store.samples import CHILD, DELIVERY, INTAKE, asked, child, dead, draft, new_id, request, settled

PLAN = Plan(1, PlanState.PLANNED, "{}", None, False, "a", "b", 0, 0, None, None, None, 0, 0, None, 0, None)
CASE = CaseRow("CASE-1", Cause("hub.defect", "delivery.pmh", "x"), CaseState.NEW, None, None)
RAISE = NewAct(Step.RAISE, "welfare", CHILD, "", "a", 0)
GUARD = Guard("discloses", (CHILD,), (), None, False, False, "digest")
LOOK = HoldAct(0, "a", "look", "b")

ACCOUNT = Account("a", "x", frozenset({Role.ADMIN}), frozenset(), frozenset(), False, None, True, 0, "b")
CREDENTIALS = Credentials("hash", SealedBody("key", b"secret"))
CHANGE = Change(0, "b", "create", "", "")
EMPLOYEE = Employee("a", "1", "x", date(2027, 4, 1), None, Standing.ACTIVE)
FEED = Feed(date(2027, 4, 1), "digest", 1, 0, "b")
_KEY = WrappedKey("x", "epoch", None, b"", 1)
CALLS: dict[str, Callable[[SqlStore], object]] = {
    "known": lambda store: store.known(INTAKE, ["x"]),
    "settle": lambda store: store.settle([settled(new_id())]),
    "open_leases": lambda store: store.open_leases([request(new_id())]),
    "claim_releasable": lambda store: store.claim_releasable(INTAKE, 0, 1, 1),
    "releasable": lambda store: store.releasable(INTAKE),
    "released": lambda store: store.released(INTAKE, ["x"]),
    "suspect": lambda store: store.suspect("q", "x", 0),
    "absolve": lambda store: store.absolve("q", "x"),
    "trace": lambda store: store.trace("x"),
    "holds_of": lambda store: store.holds_of("x"),
    "traffic": lambda store: store.traffic(0),
    "balances": lambda store: store.balances(),
    "circuit": lambda store: store.circuit("pmh"),
    "circuit_success": lambda store: store.circuit_success("pmh", 0),
    "circuit_failure": lambda store: store.circuit_failure("pmh", 0, True, None),
    "claim_probe": lambda store: store.claim_probe("pmh", "a", 0, 1),
    "give_back_probe": lambda store: store.give_back_probe("pmh", "a"),
    "set_paused": lambda store: store.set_paused("pmh", "maintenance"),
    "drain": lambda store: store.drain("pmh", "maintenance"),
    "in_flight": lambda store: store.in_flight(DELIVERY, 0),
    "dead_letters": lambda store: store.dead_letters(DeadFilter()),
    "dead_letter": lambda store: store.dead_letter(1),
    "dead_counts": lambda store: store.dead_counts(),
    "dead_body": lambda store: store.dead_body(1),
    "empty_closed": lambda store: store.empty_closed(["resident.change"]),
    "bodies_of": lambda store: store.bodies_of(CHILD.aliases),
    "dead_bodies": lambda store: store.dead_bodies([1]),
    "note_look": lambda store: store.note_look(1, "look.body"),
    "claim_replay": lambda store: store.claim_replay(1, "a", "b"),
    "mark_replayed": lambda store: store.mark_replayed(1),
    "discard": lambda store: store.discard(1, "a", "b"),
    "propose_edit": lambda store: store.propose_edit(draft(1)),
    "edits": lambda store: store.edits([EditState.PROPOSED]),
    "edit": lambda store: store.edit(1),
    "edits_of": lambda store: store.edits_of(1),
    "begin_emergency": lambda store: store.begin_emergency(NewEmergency("a", "b", None, 0, 1)),
    "end_emergency": lambda store: store.end_emergency(1, "a", 0),
    "emergency": lambda store: store.emergency(1),
    "emergencies": lambda store: store.emergencies(),
    "edit_body": lambda store: store.edit_body(1),
    "decide_edit": lambda store: store.decide_edit(1, EditState.REFUSED, "a", "b", 0),
    "release_edit": lambda store: store.release_edit(1, "a", "b", 0),
    "mark_edit_sent": lambda store: store.mark_edit_sent(1),
    "may_have_arrived": lambda store: store.may_have_arrived(DELIVERY, "x"),
    "lies_here": lambda store: store.lies_here(CHILD.aliases),
    "ask_erasure": lambda store: store.ask_erasure(CHILD.aliases, "a", "b", None, 0),
    "erasures": lambda store: store.erasures([ErasureState.ASKED]),
    "erasure": lambda store: store.erasure(1),
    "refuse_erasure": lambda store: store.refuse_erasure(1, "a", "b", 0),
    "erase": lambda store: store.erase(1, "a", "b", 0),
    "add_request": lambda store: store.add_request(asked()),
    "requests": lambda store: store.requests([RequestState.OPEN], 0),
    "request": lambda store: store.request(1, 0),
    "request_for": lambda store: store.request_for(RequestKind.REPLAY, [1], 0),
    "decide_request": lambda store: store.decide_request(1, RequestState.REFUSED, "a", "b", 0),
    "finish_request": lambda store: store.finish_request(1),
    "waiting": lambda store: store.waiting(0),
    "waiting_counts": lambda store: store.waiting_counts(0),
    "list_batch": lambda store: store.list_batch(0, "a", 0),
    "batch": lambda store: store.batch(1),
    "batches": lambda store: store.batches(),
    "move_batch": lambda store: store.move_batch(1, [BatchState.LISTED], BatchState.CONFIRMED, "a", 0),
    "delete_page": lambda store: store.delete_page(1, 1),
    "accounts": lambda store: store.accounts(),
    "account": lambda store: store.account("a"),
    "credentials": lambda store: store.credentials("a"),
    "create_account": lambda store: store.create_account(ACCOUNT, CREDENTIALS, CHANGE),
    "change_account": lambda store: store.change_account(ACCOUNT, ACCOUNT, CHANGE),
    "set_credentials": lambda store: store.set_credentials("a", CREDENTIALS, False, CHANGE),
    "account_changes": lambda store: store.account_changes("a"),
    "note_failure": lambda store: store.note_failure("a"),
    "lock_account": lambda store: store.lock_account("a", 1),
    "begin_session": lambda store: store.begin_session(Session("x", "a", "b", 0, 0), 1),
    "session": lambda store: store.session("x"),
    "touch_session": lambda store: store.touch_session("x", 1),
    "end_session": lambda store: store.end_session("x", 1, "b"),
    "staff_feed": lambda store: store.staff_feed(),
    "staff": lambda store: store.staff(),
    "apply_staff": lambda store: store.apply_staff(FEED, [EMPLOYEE], []),
    "sessions": lambda store: store.sessions(),
    "create_plan": lambda store: store.create_plan(NewPlan(DeadFilter(), "a", "b")),
    "plan": lambda store: store.plan(1),
    "plan_scope": lambda store: store.plan_scope(1),
    "standing_plan": lambda store: store.standing_plan(DeadFilter()),
    "plans": lambda store: store.plans(),
    "plan_items": lambda store: store.plan_items(1),
    "save_judged": lambda store: store.save_judged(1, [Judged(1, Prospect.DELIVER)]),
    "rank_records": lambda store: store.rank_records(1, 7),
    "enter_plan": lambda store: store.enter_plan(1, "a", 0, 1, [PlanState.PLANNED]),
    "renew_plan": lambda store: store.renew_plan(1, "a", 1),
    "leave_plan": lambda store: store.leave_plan(1, "a"),
    "move_plan": lambda store: store.move_plan(1, [PlanState.PLANNED], PlanState.CANCELLED),
    "claim_items": lambda store: store.claim_items(1, "a", [1], 0),
    "mark_items": lambda store: store.mark_items(1, [1]),
    "put_items": lambda store: store.put_items(1, [1], ItemState.KEPT),
    "observe_items": lambda store: store.observe_items(1),
    "tally": lambda store: store.tally(PLAN),
    "newest_versions": lambda store: store.newest_versions("delivery.pmh", ["x"]),
    "behind": lambda store: store.behind("delivery.pmh", ["x"]),
    "causes": lambda store: store.causes(0),
    "case_rows": lambda store: store.case_rows(),
    "write_case": lambda store: store.write_case(CASE, Note(0, "a", "take", "b")),
    "case_notes": lambda store: store.case_notes("CASE-1"),
    "fence_state": lambda store: store.fence_state(),
    "found_fences": lambda store: store.found_fences("epoch", "a", 0, []),
    "confirm_fences": lambda store: store.confirm_fences("epoch", "b", 0),
    "record_acts": lambda store: store.record_acts([RAISE]),
    "acts": lambda store: store.acts(),
    "measures_of": lambda store: store.measures_of(CHILD.aliases),
    "descends": lambda store: store.descends(Position("epoch", 1, "mark")),
    "judge": lambda store: store.judge({"x": (DELIVERY, GUARD)}, 0),
    "known_persons": lambda store: store.known_persons([CHILD]),
    "holds": lambda store: store.holds([HoldState.OPEN]),
    "hold": lambda store: store.hold(1),
    "hold_acts": lambda store: store.hold_acts(1),
    "hold_body": lambda store: store.hold_body(1),
    "move_hold": lambda store: store.move_hold(1, [HoldState.OPEN], HoldState.REVIEWED, LOOK),
    "review_hold": lambda store: store.review_hold(1, [HoldState.OPEN], "", "", LOOK),
    "note_hold": lambda store: store.note_hold(1, LOOK),
    "hold_counts": lambda store: store.hold_counts(),
    "record": lambda store: store.record([Entry("audit.look", (), 0)]),
    "newest_audit_rows": lambda store: store.newest_audit_rows(AuditFilter()),
    "audit_leaves": lambda store: store.audit_leaves(0, 1),
    "waiting_audit_rows": lambda store: store.waiting_audit_rows(),
    "linked": lambda store: store.linked(CHILD.aliases),
    "extend_audit": lambda store: store.extend_audit(lambda *_: "note", 0, 1),
    "hand_over_audit": lambda store: store.hand_over_audit(
        lambda *_: Entry("keys.sign", (), 0), lambda *_: "note", "key", 0
    ),
    "anchor_audit": lambda store: store.anchor_audit(1),
    "verified_audit": lambda store: store.verified_audit(1),
    "audit_head": lambda store: store.audit_head(),
    "audit_checkpoints": lambda store: store.audit_checkpoints(),
    "audit_tile": lambda store: store.audit_tile(8, 0),
    "audit_rows": lambda store: store.audit_rows(),
    "overdue": lambda store: store.overdue(1),
    "awaited": lambda store: store.awaited(),
    "backlog": lambda store: store.backlog([DELIVERY]),
    "items_under_way": lambda store: store.items_under_way(),
    "keep_list": lambda store: store.keep_list(PermissionList(1, 0, 1, frozenset()), 0),
    "permission": lambda store: store.permission(Combination("a", "b", "c", "d"), 0),
    "permission_lists": lambda store: store.permission_lists(),
    "key": lambda store: store.key("x"),
    "current_key": lambda store: store.current_key("epoch", None),
    "add_key": lambda store: store.add_key(_KEY),
    "current_master": lambda store: store.current_master("a"),
    "claim_answers": lambda store: store.claim_answers(0, 1, 1),
    "answered": lambda store: store.answered([1]),
    "masters": lambda store: store.masters(),
    "rotate_master": lambda store: store.rotate_master("b", 1),
    "keys_to_rewrap": lambda store: store.keys_to_rewrap(0, 1),
    "rewrap": lambda store: store.rewrap([(_KEY, _KEY)]),
    "retire_masters": lambda store: store.retire_masters(1),
    "person_id": lambda store: store.person_id(PersonRef("subject", (Alias("pmh_key", new_id()),))),
    "check": lambda store: store.check(),
}
WRITES = (
    "settle", "open_leases", "circuit_failure", "set_paused", "drain", "mark_replayed", "create_plan",
    "mark_edit_sent", "create_account", "apply_staff", "write_case", "add_key", "record_acts", "move_hold", "keep_list",
    "person_id", "record", "extend_audit", "hand_over_audit", "check",
)  # fmt: skip


def assert_unavailable(store: SqlStore, names: tuple[str, ...] = tuple(CALLS)) -> None:
    for name in names:
        with pytest.raises(StoreUnavailable):
            CALLS[name](store)
            pytest.fail(f"{name} worked")


def assert_works(store: SqlStore) -> None:
    store.check()
    message = new_id()
    store.settle([settled(message)])
    assert message in store.known(INTAKE, [message])


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[SqlStore]:
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)
    yield store
    store.close()


def test_every_method_of_the_port_is_tried() -> None:
    methods = {name for name in dir(SqlStore) if not name.startswith("_")} - {"close"}
    assert methods == set(CALLS)


def test_sqlite_without_its_directory(lite: SqlStore, sqlite_file: Path) -> None:
    """Given a store with open connections
    When the directory is moved away and later brought back
    Then it is unavailable meanwhile, writes nothing into the moved files, and works again
    """
    assert_works(lite)
    hidden = sqlite_file.parent.with_name("hidden")
    sqlite_file.parent.rename(hidden)
    before = [(one.name, one.stat().st_size) for one in sorted(hidden.iterdir())]

    assert_unavailable(lite)

    assert [(one.name, one.stat().st_size) for one in sorted(hidden.iterdir())] == before
    hidden.rename(sqlite_file.parent)
    assert_works(lite)


def test_a_deleted_sqlite_file_is_not_replaced_by_an_empty_one(lite: SqlStore, sqlite_file: Path) -> None:
    assert_works(lite)
    for file in sqlite_file.parent.glob(f"{sqlite_file.name}*"):
        file.unlink()

    assert_unavailable(lite)

    assert not sqlite_file.exists()


def test_a_restored_sqlite_file_is_used_instead_of_the_old_one(
    lite: SqlStore, sqlite_file: Path, sqlite_url: str
) -> None:
    assert_works(lite)
    shutil.rmtree(sqlite_file.parent)
    sqlite_file.parent.mkdir()
    migrate(sqlite_url)

    with pytest.raises(StoreUnavailable):
        lite.check()

    assert_works(lite)
    assert [balance.accepted for balance in lite.balances()] == [1]


def test_a_file_that_is_no_database(sqlite_file: Path, sqlite_url: str) -> None:
    sqlite_file.write_bytes(b"not a database" * 1000)
    store = SqlStore(sqlite_url, "141305", audit_key)

    assert_unavailable(store)
    store.close()


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Permissions mean nothing to root: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_disk() -> None:
    """Given files and directory that may only be read, then given back."""
    place = Path(mkdtemp(prefix="renkei-read-only-"))
    url = f"sqlite:///{place / 'hub.db'}"
    migrate(url)
    store = SqlStore(url, "141305", audit_key)
    assert_works(store)
    store.close()
    if os.geteuid() == 0:
        for one in (place, *place.iterdir()):
            os.chown(one, 65534, 65534)
    try:
        with ordinary_user():
            for one in (*place.iterdir(), place):
                one.chmod(0o500 if one == place else 0o400)

            assert_unavailable(store, WRITES)

            for one in (place, *place.iterdir()):
                one.chmod(0o700 if one == place else 0o600)
            assert_works(store)
            store.close()
    finally:
        shutil.rmtree(place)


def test_a_full_disk(lite: SqlStore, sqlite_file: Path) -> None:
    """Given a disk that takes no more
    When a large batch is settled
    Then nothing of it is there, and after room was made all of it is
    """
    assert_works(lite)
    batch = [settled(new_id(), children=tuple(child(new_id()) for _ in range(20))) for _ in range(200)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = sqlite_file.with_name(f"{sqlite_file.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 50_000, hard))
    try:
        with pytest.raises(StoreUnavailable):
            lite.settle(batch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [balance.accepted for balance in lite.balances()] == [1]
    lite.settle(batch)
    assert sorted(balance.accepted for balance in lite.balances()) == [201, 4000]


def test_a_writer_that_does_not_end(sqlite_url: str, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(sqlite_url)
    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, "busy_timeout=50"))
    store = SqlStore(sqlite_url, "141305", audit_key)
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert_unavailable(store, ("settle", "open_leases", "check"))
    assert store.known(INTAKE, ["x"]) == {}  # readers do not wait for writers

    other.execute("ROLLBACK")
    other.close()
    assert_works(store)
    store.close()


def test_postgresql_stopped_killed_and_back(own_postgres: PrivatePostgres) -> None:
    url = own_postgres.create_database("hub")
    migrate(url)
    store = SqlStore(url, "141305", audit_key)
    kept = new_id()
    store.settle([settled(kept), dead(new_id())])

    for end in (own_postgres.stop, own_postgres.kill):
        end()
        assert_unavailable(store)
        own_postgres.start()
        assert_works(store)
        assert kept in store.known(INTAKE, [kept])
    store.close()


def test_postgresql_that_can_only_be_read(postgres_url: str) -> None:
    migrate(postgres_url)
    name = postgres_url.rpartition("/")[2]
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    store = SqlStore(postgres_url, "141305", audit_key)

    assert_unavailable(store, WRITES)

    with engine.connect() as connection:
        connection.execute(sa.text("SET default_transaction_read_only = off"))
        connection.execute(sa.text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
    engine.dispose()
    store.close()  # so that it connects anew
    assert_works(store)
    store.close()


def test_postgresql_transactions_that_lock_each_other_out_are_run_again(postgres_url: str) -> None:
    """Given two transactions that lock two rows in opposite order
    When PostgreSQL gives one of them up
    Then both are committed in the end
    """
    migrate(postgres_url)
    store = SqlStore(postgres_url, "141305", audit_key)
    store.set_paused("a", "x")
    store.set_paused("b", "x")
    both_hold_one = threading.Barrier(2)
    runs: list[str] = []

    def change(first: str, second: str) -> None:
        def work(connection: sa.Connection) -> None:
            runs.append(first)
            for name in (first, second):
                update = sa.text("UPDATE circuits SET failures = failures + 1 WHERE connector = :name")
                connection.execute(update, {"name": name})
                if name == first and len(runs) <= 2:
                    both_hold_one.wait(10)

        store._database.write(work)

    threads = [threading.Thread(target=change, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(runs) > 2
    assert [store.circuit(name).failures for name in ("a", "b")] == [2, 2]
    store.close()


def test_errors_do_not_repeat_what_was_being_written(lite: SqlStore) -> None:
    with pytest.raises(Exception) as failed:
        lite.settle([settled(new_id(), code="secret", source=object())])

    assert "secret" not in str(failed.value)
