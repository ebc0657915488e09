"""What happened to a message, and to all."""

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ports.store import Balance, DeadFilter, End, JournalEntry, Progress
from hub.store import SqlStore, migrate
from tests.audit import audit_key
from tests.contract.store.samples import DELIVERY, INTAKE, child, dead, new_id, request, sent, settled


def test_a_trace_has_all_of_the_flow_in_time_order(store: SqlStore) -> None:
    parent, caused, stranger = new_id(), new_id(), new_id()
    lease = request(caused, correlation_id=parent, now=40)
    store.open_leases([lease])
    store.settle([sent(lease, settled_at=60)])
    store.settle([settled(parent, children=(child(caused),)), settled(stranger)])

    trace = store.trace(parent)

    assert trace == [
        JournalEntry(30, INTAKE, parent, "welfare.eligibility", "welfare", 1, "forwarded", None, 20),
        JournalEntry(60, DELIVERY, caused, "welfare.eligibility", "welfare", 1, "delivered", None, 20),
    ]
    assert store.trace(caused) == trace


def test_a_message_still_on_its_way_is_traced_to_its_flow(store: SqlStore) -> None:
    parent, caused = new_id(), new_id()
    store.settle([settled(parent, children=(child(caused),))])

    assert [entry.message_id for entry in store.trace(caused)] == [parent]


def test_a_flow_can_be_traced_by_a_correlation_id_that_is_no_message(store: SqlStore) -> None:
    flow, message = new_id(), new_id()
    store.settle([settled(message, correlation_id=flow, code="some.code")])

    assert [(entry.message_id, entry.code) for entry in store.trace(flow)] == [(message, "some.code")]


def test_the_trace_of_nothing_is_empty(store: SqlStore) -> None:
    assert store.trace(new_id()) == []


@pytest.mark.rule("R66")
def test_balances_count_what_came_in_and_how_it_ended(store: SqlStore) -> None:
    waiting, sending = new_id(), request(new_id())
    store.settle([settled(new_id(), children=(child(waiting),)), settled(new_id(), End.DISCARDED)])
    store.settle([settled(new_id(), Progress.RETRY), dead(new_id())])
    store.open_leases([sending])

    assert store.balances() == [
        Balance(DELIVERY, accepted=3, ends={}, dead=1, leased=1),
        Balance(INTAKE, accepted=3, ends={"forwarded": 1, "discarded": 1}, dead=0, leased=0),
    ]

    store.settle([sent(sending)])

    assert store.balances()[0] == Balance(DELIVERY, accepted=3, ends={"delivered": 1}, dead=1, leased=0)


def test_copies_of_a_message_are_not_balanced_as_messages(store: SqlStore) -> None:
    message, only_duplicate = new_id(), new_id()

    store.settle([settled(message), *(settled(message, End.DUPLICATE, settled_at=at) for at in (31, 32))])
    store.settle([settled(only_duplicate, End.DUPLICATE, settled_at=at) for at in (31, 32)])

    assert store.balances() == [Balance(INTAKE, 2, {"forwarded": 1, "duplicate": 1}, 0, 0)]


def test_a_dead_letter_is_balanced_until_its_message_is_on_its_way_again(store: SqlStore) -> None:
    message = new_id()
    store.settle([dead(message)])
    [letter] = store.dead_letters(DeadFilter())

    store.claim_replay(letter.id, "a", "b")
    assert store.balances() == [Balance(DELIVERY, 1, {}, dead=1, leased=0)]

    store.mark_replayed(letter.id)
    assert store.balances() == [Balance(DELIVERY, 1, {}, dead=0, leased=0)]


def test_a_message_with_an_end_is_not_balanced_as_dead_as_well(store: SqlStore) -> None:
    message = new_id()
    store.settle([dead(message, attempt=1), dead(message, attempt=2)])
    assert [b.dead for b in store.balances()] == [1]

    store.settle([settled(message, End.DELIVERED, hop=DELIVERY, attempt=3)])

    assert store.balances() == [Balance(DELIVERY, 1, {"delivered": 1}, dead=0, leased=0)]


def test_an_abandoned_send_of_a_superseded_message_is_not_balanced_as_in_flight(store: SqlStore) -> None:
    lease = request(new_id())
    store.open_leases([lease])

    store.settle([sent(lease, End.SUPERSEDED, leased_at=None)])

    assert store.balances() == [Balance(DELIVERY, 1, {"superseded": 1}, dead=0, leased=0)]


def test_traffic_is_what_ended_since_by_hop_and_type(store: SqlStore) -> None:
    store.settle([settled(new_id(), settled_at=at) for at in (30, 40, 50)])
    store.settle([settled(new_id(), Progress.RETRY, hop=DELIVERY, settled_at=50), dead(new_id(), settled_at=50)])

    assert store.traffic(40) == [(INTAKE, "welfare.eligibility", 2)]
    assert store.traffic(51) == []


def test_a_trace_reads_the_journal_by_its_flows_and_not_as_a_whole(sqlite_url: str) -> None:
    """By the plans of the very statements: each goes down the index to the flow, or to the message."""
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)
    said: list[tuple[str, Any]] = []
    sa.event.listen(
        sa.Engine, "before_cursor_execute", heard := lambda *given: said.append((given[2], given[3]))
    )  # connection, cursor, statement, parameters, …

    store.trace(new_id())

    sa.event.remove(sa.Engine, "before_cursor_execute", heard)
    store.close()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        plans = [
            row[3]
            for statement, parameters in said
            if statement.lstrip().startswith("SELECT")
            for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    database.close()
    reads = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert [plan.partition(" (")[2] for plan in reads] == [
        "tenant=? AND message_id=?)",
        "tenant=? AND correlation_id=?)",
    ]
