"""Rows get their places in the tree: gapless, once, by several processes at once; late commits are not lost (R48)."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.audit.rows import leaf_data
from hub.audit.signing import Signer, origin
from hub.audit.tree import TILE, Frontier, Proofs
from hub.audit.verifier import includes, leaf_hash, read_note
from hub.errors import ConfigError
from hub.ports.audit import UNSIGNED_US, AuditFilter, Entry
from hub.ports.fence import Guard
from hub.ports.persons import Alias, PersonRef
from hub.ports.store import Verdict
from hub.store import SqlStore
from hub.store.tables_audit import audit_rows
from tests.contract.store.samples import CHILD, new_id, request, settled

SIGNER = Signer(b"s" * 32, "141305")


def write(store: SqlStore, count: int, at: int = 5) -> None:
    store.record([Entry("look.body", (f"dead:{number}",), at, (CHILD,), "why") for number in range(count)])


def extend(store: SqlStore, most: int = 10_000) -> int:
    found = store.extend_audit(SIGNER.note, 7, most)
    return 0 if found is None else found.rows


def root(store: SqlStore) -> bytes:
    tree = Frontier()
    for row in store.audit_leaves(0, 100_000):
        tree.append(leaf_hash(leaf_data(row.text, row.mac)))
    return tree.root()


def test_rows_get_places_without_a_gap_and_a_signed_head(store: SqlStore) -> None:
    write(store, 3)
    assert [row.leaf for row in store.audit_rows()] == [None] * 3
    assert extend(store, 2) == 2
    assert extend(store, 2) == 1
    assert extend(store) == 0

    assert [row.leaf for row in store.audit_leaves(0, 10)] == [0, 1, 2]
    first, second = store.audit_checkpoints()
    read = read_note(second.note, origin("141305"), SIGNER.public_key)
    assert (first.size, second.size, read.size, read.root, read.time) == (2, 3, 3, root(store), 7)


def test_rows_of_every_size_can_be_proved_from_tiles(store: SqlStore) -> None:
    """More than a tile, in uneven rounds."""
    write(store, 2 * TILE + 44)
    while extend(store, 99):
        pass
    size = 2 * TILE + 44
    proofs = Proofs(store.audit_tile)

    assert len(store.audit_tile(8, 0)) == 2
    for row in store.audit_leaves(0, size)[:: TILE // 2 - 1]:
        assert row.leaf is not None
        leaf = leaf_hash(leaf_data(row.text, row.mac))
        assert includes(leaf, row.leaf, size, proofs.inclusion(row.leaf, size), root(store))


def test_a_row_with_a_smaller_id_that_is_committed_later_is_not_lost(
    new_store: Callable[[], SqlStore],
) -> None:
    """The trap of sequences: on PostgreSQL ids are given before the commit. On SQLite writers are alone anyway."""
    store = new_store()
    if store.dialect == "sqlite":
        pytest.skip("writers are alone")
    inserted, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        def work(connection: sa.Connection) -> None:
            store._record(connection, [Entry("look.body", ("dead:1",), 5)])
            inserted.set()
            assert go_on.wait(10)

        store._database.write(work)

    slow = threading.Thread(target=slowly)
    slow.start()
    assert inserted.wait(10)
    write(store, 1)
    assert extend(store) == 1
    go_on.set()
    slow.join()

    assert extend(store) == 1
    late = store.audit_leaves(1, 1)[0]
    assert '"dead:1"' in late.text
    assert late.id < store.audit_leaves(0, 1)[0].id


def test_several_at_once_give_each_row_one_place(new_store: Callable[[], SqlStore], store: SqlStore) -> None:
    stop = threading.Event()

    def sequence() -> None:
        while not stop.is_set() or extend(store, 7):
            extend(store, 7)

    workers = [threading.Thread(target=sequence) for _ in range(3)]
    for one in workers:
        one.start()
    for _ in range(20):
        write(store, 5)
    stop.set()
    for one in workers:
        one.join()

    assert [row.leaf for row in store.audit_leaves(0, 1000)] == list(range(100))
    assert read_note(store.audit_checkpoints(99)[0].note, origin("141305"), SIGNER.public_key).root == root(store)


def test_a_forged_row_is_named_and_stays(store: SqlStore) -> None:
    write(store, 2)
    forged = sa.update(audit_rows).values(text=audit_rows.c.text + " ").where(audit_rows.c.tenant == store.tenant)
    first = sa.select(sa.func.min(audit_rows.c.id)).where(audit_rows.c.tenant == store.tenant).scalar_subquery()
    store._database.write(lambda connection: connection.execute(forged.where(audit_rows.c.id == first)))

    found = store.extend_audit(SIGNER.note, 7, 10)

    assert found is not None
    assert (found.rows, found.forged) == (2, (0,))


def test_what_is_covered_outside_and_since_when_not(store: SqlStore) -> None:
    assert store.audit_head().since is None
    write(store, 1, at=5)
    write(store, 1, at=6)
    assert store.audit_head().since == 5
    extend(store)
    assert (store.audit_head().size, store.audit_head().since) == (2, 5)

    store.anchor_audit(1)
    assert store.audit_head().since == 6
    store.anchor_audit(2)
    assert (store.audit_head().anchored, store.audit_head().since) == (2, None)
    store.anchor_audit(1)  # never back
    store.anchor_audit(99)  # never beyond
    assert store.audit_head().anchored == 2
    store.verified_audit(77)
    assert store.audit_head().verified_at == 77


def test_an_empty_record_may_be_verified_as_well(store: SqlStore) -> None:
    store.verified_audit(77)

    assert (store.audit_head().size, store.audit_head().verified_at) == (0, 77)
    write(store, 1)
    assert extend(store) == 1


def test_nothing_leaves_while_the_record_is_not_signed(store: SqlStore) -> None:
    """Promise 3: what cannot be written outside for a minute stops what leaves the city, and nothing else."""
    store.found_fences("epoch", "one", 0, [])
    store.confirm_fences("epoch", "another", 0)
    state = store.fence_state()
    assert state is not None
    guard = Guard("discloses", (CHILD,), (), None, False, False, "digest", seen=state.at)
    write(store, 1, at=0)
    on_time, late = UNSIGNED_US, UNSIGNED_US + 1

    def asked(now: int, guard: Guard | None) -> Verdict:
        return store.open_leases([request(new_id(), now=now, deadline=now + 1, guard=guard)])[0].verdict

    assert asked(on_time, guard) is Verdict.GRANTED
    assert asked(late, guard) is Verdict.UNREADY
    assert asked(late, replace(guard, edge="protects", shields=True)) is Verdict.UNREADY
    assert asked(late, None) is Verdict.GRANTED
    extend(store)
    assert asked(late, guard) is Verdict.UNREADY  # signed, but nowhere else
    store.anchor_audit(store.audit_head().size)
    assert asked(late, guard) is Verdict.GRANTED


def test_finding_rows(store: SqlStore) -> None:
    other = PersonRef("child", (Alias("addressee_number", "h9"),))
    message = new_id()
    store.record([
        Entry("look.body", ("dead:1",), 10, (CHILD,), actor="hanako"),
        Entry("reveal.field", ("dead:12", f"message:{message}"), 20, (other,), actor="taro"),
        Entry("disclose.send", ("message:x",), 30, details={"correlation": message}),
    ])  # fmt: skip

    def acts(where: AuditFilter) -> list[str]:
        return [row.text.partition('"act":"')[2].partition('"')[0] for row in store.newest_audit_rows(where)]

    assert acts(AuditFilter()) == ["disclose.send", "reveal.field", "look.body"]
    assert acts(AuditFilter(since=20, until=30)) == ["reveal.field"]
    assert acts(AuditFilter(what="dead:1")) == ["look.body"]
    assert acts(AuditFilter(what=message)) == ["disclose.send", "reveal.field"]
    assert acts(AuditFilter(actor="taro")) == ["reveal.field"]
    assert acts(AuditFilter(act="disclose.send")) == ["disclose.send"]
    assert acts(AuditFilter(persons=("h2", "h7"))) == ["look.body"]
    assert acts(AuditFilter(persons=())) == []
    assert [row.leaf for row in store.waiting_audit_rows()] == [None] * 3


def test_all_numbers_of_a_person(store: SqlStore) -> None:
    linked = PersonRef("subject", (Alias("addressee_number", "h1"), Alias("pmh_key", "h8")))
    store.settle([settled(new_id(), links=(CHILD,)), settled(new_id(), links=(linked,))])

    assert store.linked([Alias("pmh_key", "h8"), Alias("pmh_key", "unknown")]) == {
        *CHILD.aliases, *linked.aliases, Alias("pmh_key", "unknown"),
    }  # fmt: skip


@pytest.mark.rule("R48")
def test_a_handover_takes_the_next_place_and_its_checkpoint_is_by_the_new_key(store: SqlStore) -> None:
    new = Signer(b"n" * 32, "141305")
    asked: list[tuple[int, str | None]] = []

    def handing(size: int, _root: bytes, at: int, key: str | None) -> Entry:
        asked.append((size, key))
        return Entry("keys.sign", (), at, purpose="yearly", actor="admin")

    write(store, 3)
    extend(store, 2)
    note = store.hand_over_audit(handing, new.note, new.key_text, 9)

    assert asked == [(2, None)]
    assert store.audit_head().key == new.key_text
    assert [(row.leaf, "keys.sign" in row.text) for row in store.audit_leaves(0, 9)] == [
        (0, False),
        (1, False),
        (2, True),
    ]
    read = read_note(note.note, origin("141305"), new.public_key)
    assert (read.size, read.root, read.time) == (3, root(store), 9)
    assert store.audit_checkpoints()[-1] == note

    # the earlier key signs nothing any more, and what waits keeps waiting
    with pytest.raises(ConfigError, match="not on this host"):
        extend(store)
    assert len(store.waiting_audit_rows()) == 1
    assert store.extend_audit(new.note, 9, 9) is not None


def test_a_handover_that_cannot_be_signed_leaves_nothing(store: SqlStore) -> None:
    write(store, 1)
    extend(store)

    def cannot(*_: object) -> Entry:
        raise ConfigError("synthetic", "config.key_file")

    with pytest.raises(ConfigError, match="synthetic"):
        store.hand_over_audit(cannot, SIGNER.note, SIGNER.key_text, 9)
    assert (store.audit_head().key, store.audit_head().size, len(store.audit_rows())) == (None, 1, 1)
