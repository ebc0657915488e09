"""Replay plans in the store: a selection that does not change, items claimed once, one runner at a time."""

from dataclasses import replace

import pytest

from hub.ports.plans import ItemState, Judged, NewPlan, Plan, PlanState, Prospect
from hub.ports.store import Child, DeadFilter, End, Progress
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, INTAKE, dead, new_id, request, sent, settled

SECOND = 1_000_000
MINE, OTHER = "runner 1", "runner 2"
RUNNABLE = [PlanState.PLANNED, PlanState.RUNNING]


def planned(store: SqlStore, letters: int = 3, code: str = "deliver.rejected", **given: object) -> Plan:
    store.settle([dead(new_id(), code, settled_at=at) for at in range(letters)])
    return store.create_plan(NewPlan(DeadFilter(code=code), "tester", "healed", **given))  # type: ignore[arg-type]


def ids(store: SqlStore, plan: Plan, *states: ItemState) -> list[int]:
    return [item.dead_id for item in store.plan_items(plan.id, states, limit=2000)]


def entered(store: SqlStore, plan: Plan, runner: str = MINE, now: int = 0) -> bool:
    return store.enter_plan(plan.id, runner, now, now + 10 * SECOND, RUNNABLE)


def state(store: SqlStore, plan: Plan) -> PlanState:
    found = store.plan(plan.id)
    assert found is not None
    return found.state


def test_a_plan_says_which_hops_and_types_it_is_about(store: SqlStore) -> None:
    plan = planned(store)
    items = store.plan_items(plan.id, limit=2000)
    assert store.plan_scope(plan.id) == sorted({(one.hop, one.type) for one in items}) != []
    assert store.plan_scope(plan.id + 1000) == []


def test_a_plan_that_stands_is_found_by_its_selection_until_it_is_over(store: SqlStore) -> None:
    first = ids(store, planned(store))
    where = DeadFilter(ids=tuple(first))
    store.create_plan(NewPlan(where, "tester", "canary first"))
    assert store.standing_plan(where) is None, "that one is run by whoever comes for it"

    made = store.create_plan(NewPlan(where, "tester", "healed", insist=True))
    assert store.standing_plan(where) == made
    assert store.standing_plan(DeadFilter(ids=tuple(first[:1]))) is None

    assert store.move_plan(made.id, [PlanState.PLANNED], PlanState.CANCELLED)
    assert store.standing_plan(where) is None


def test_a_selection_is_frozen_and_what_comes_later_is_shown_not_taken(store: SqlStore) -> None:
    plan = planned(store)
    before = ids(store, plan)

    store.settle([dead(new_id()), dead(new_id(), "deliver.exhausted")])

    assert ids(store, plan) == before
    assert len(before) == 3
    tally = store.tally(plan)
    assert tally.states == {ItemState.PENDING: 3}
    assert tally.arrivals == 1


def test_a_selection_by_ids_takes_what_is_not_closed(store: SqlStore) -> None:
    first = planned(store, letters=4)
    open_, discarded, interrupted, _ = ids(store, first)
    store.discard(discarded, "a", "b")
    store.claim_replay(interrupted, "a", "b")

    plan = store.create_plan(NewPlan(DeadFilter(ids=(interrupted, discarded, open_)), "tester", "r"))

    assert ids(store, plan) == [open_, interrupted]


def test_ids_beyond_what_one_statement_takes(store: SqlStore) -> None:
    chosen = tuple(ids(store, planned(store, letters=1200)))
    plan = store.create_plan(NewPlan(DeadFilter(ids=chosen), "tester", "r"))
    assert store.tally(plan).states == {ItemState.PENDING: 1200}


@pytest.mark.parametrize(("origin", "hop"), [("intake", INTAKE), ("delivery", DELIVERY)])
def test_where_they_died_may_be_chosen(store: SqlStore, origin: str, hop: str) -> None:
    store.settle([dead(new_id()), dead(new_id(), hop=INTAKE)])

    plan = store.create_plan(NewPlan(DeadFilter(origin=origin), "tester", "r"))

    assert [item.hop for item in store.plan_items(plan.id)] == [hop]


def test_one_process_runs_a_plan_until_it_leaves_or_has_not_renewed_for_a_turn(store: SqlStore) -> None:
    plan = planned(store)

    assert entered(store, plan)
    assert not entered(store, plan, OTHER, now=9 * SECOND)
    assert store.renew_plan(plan.id, MINE, 15 * SECOND) is PlanState.RUNNING
    assert not entered(store, plan, OTHER, now=14 * SECOND)
    assert entered(store, plan, OTHER, now=15 * SECOND)

    assert store.renew_plan(plan.id, MINE, 99 * SECOND) is None
    assert store.claim_items(plan.id, MINE, ids(store, plan), 0) is None
    store.leave_plan(plan.id, MINE, PlanState.DONE)
    assert state(store, plan) is PlanState.RUNNING
    store.leave_plan(plan.id, OTHER, PlanState.HALTED, "deliver.rejected")
    assert state(store, plan) is PlanState.HALTED
    assert not entered(store, plan)


def test_a_runner_of_a_clock_far_ahead_is_not_waited_for(store: SqlStore) -> None:
    plan = planned(store)
    assert entered(store, plan, now=3600 * SECOND)
    assert entered(store, plan, OTHER, now=0)


def test_claimed_published_and_marked(store: SqlStore) -> None:
    plan = planned(store)
    first, second, third = ids(store, plan)
    entered(store, plan)

    assert store.claim_items(plan.id, MINE, [first, second], 0) == [first, second]
    assert ids(store, plan, ItemState.CLAIMED) == [first, second]
    letter = store.dead_letter(first)
    assert letter is not None
    assert (letter.state, letter.closed_by, letter.closed_reason) == ("replaying", "tester", "healed")

    store.mark_items(plan.id, [first])
    assert [letter.state for one in (first, second, third) if (letter := store.dead_letter(one))] == [
        "replayed", "replaying", "open",
    ]  # fmt: skip
    assert ids(store, plan, ItemState.SENT) == [first]
    # claimed again, it is nothing of ours any more
    assert store.claim_items(plan.id, MINE, [first], 0) == []
    assert ids(store, plan, ItemState.SENT) == [first]


def test_what_somebody_else_has_closed_is_gone(store: SqlStore) -> None:
    plan = planned(store, letters=1)
    (only,) = ids(store, plan)
    entered(store, plan)
    store.discard(only, "other", "sent anew")

    assert store.claim_items(plan.id, MINE, [only], 0) == []

    assert ids(store, plan, ItemState.GONE) == [only]
    letter = store.dead_letter(only)
    assert letter is not None
    assert (letter.state, letter.closed_by) == ("discarded", "other")


@pytest.mark.parametrize("to", [PlanState.PAUSED, PlanState.CANCELLED])
def test_nothing_is_claimed_once_a_plan_is_paused_or_cancelled(store: SqlStore, to: PlanState) -> None:
    plan = planned(store)
    entered(store, plan)

    assert store.move_plan(plan.id, RUNNABLE, to)

    assert store.claim_items(plan.id, MINE, ids(store, plan), 0) is None
    assert store.renew_plan(plan.id, MINE, SECOND) is to
    store.leave_plan(plan.id, MINE, PlanState.DONE)
    assert state(store, plan) is to
    assert not store.move_plan(plan.id, RUNNABLE, PlanState.CANCELLED)
    assert {one.state for one in store.dead_letters(DeadFilter())} == {"open"}


def test_a_cancelled_plan_can_be_entered_to_settle_and_stays_cancelled(store: SqlStore) -> None:
    plan = planned(store)
    store.move_plan(plan.id, RUNNABLE, PlanState.CANCELLED)

    assert store.enter_plan(plan.id, MINE, 0, SECOND, [PlanState.CANCELLED], settle_only=True)

    assert state(store, plan) is PlanState.CANCELLED
    assert store.claim_items(plan.id, MINE, ids(store, plan), 0) is None


def test_the_rate_moves_the_next_moment_on_whoever_runs_it(store: SqlStore) -> None:
    plan = planned(store, letters=4, rate=60)
    one, two, three, _ = ids(store, plan)
    entered(store, plan)

    store.claim_items(plan.id, MINE, [one, two], 5 * SECOND)
    store.claim_items(plan.id, MINE, [three], 5 * SECOND)

    found = store.plan(plan.id)
    assert found is not None
    assert found.next_at == 8 * SECOND


@pytest.mark.parametrize(
    ("outcomes", "became", "code"),
    [
        ([End.DELIVERED], ItemState.DELIVERED, None),
        ([End.SUPERSEDED], ItemState.SUPERSEDED, None),
        ([End.DUPLICATE], ItemState.DUPLICATE, None),
        ([Progress.RETRY], ItemState.SENT, None),
        ([Progress.RETRY, End.DELIVERED], ItemState.DELIVERED, None),
        ([Progress.WAIT], ItemState.SENT, None),
        ([Progress.WAITING], ItemState.WAITING, None),
        ([End.DELIVERED, End.DUPLICATE], ItemState.DELIVERED, None),
        ([Progress.DEAD], ItemState.FAILED, "deliver.exhausted"),
        ([Progress.WAITING, Progress.DEAD], ItemState.FAILED, "deliver.exhausted"),
    ],
)
def test_what_became_of_it_is_read_from_the_journal_of_its_new_round(
    store: SqlStore, outcomes: list[End | Progress], became: ItemState, code: str | None
) -> None:
    plan = planned(store, letters=1)
    (item,) = store.plan_items(plan.id)
    entered(store, plan)
    store.claim_items(plan.id, MINE, [item.dead_id], 0)
    store.mark_items(plan.id, [item.dead_id])
    store.observe_items(plan.id)
    assert ids(store, plan, ItemState.SENT) == [item.dead_id]

    for number, outcome in enumerate(outcomes):
        again = dead(item.message_id, "deliver.exhausted", attempt=2, correlation_id=item.correlation_id)
        if outcome is not Progress.DEAD:
            again = replace(again, outcome=outcome, dead=None, code=None)
        store.settle([replace(again, settled_at=100 + number)])
    store.observe_items(plan.id)

    (found,) = store.plan_items(plan.id)
    assert (found.state, found.result) == (became, code)
    assert store.tally(plan).failures == ({code: 1} if code else {})


def test_a_plan_of_its_own_dead_again_is_no_arrival(store: SqlStore) -> None:
    plan = planned(store, letters=1)
    (item,) = store.plan_items(plan.id)
    store.settle([dead(item.message_id, attempt=2, correlation_id=item.correlation_id, settled_at=9)])
    assert store.tally(plan).arrivals == 0


def test_of_one_record_the_first_goes_and_the_others_wait(store: SqlStore) -> None:
    plan = planned(store, letters=4)
    one, two, three, four = ids(store, plan)
    store.save_judged(
        plan.id,
        [
            Judged(one, Prospect.INVALID, "route.none", record="a"),
            Judged(two, Prospect.DELIVER, record="a"),
            Judged(three, Prospect.DELIVER, record="a", differs=True),
            Judged(four, Prospect.DELIVER, record="b"),
        ],
    )

    store.rank_records(plan.id, 77)

    found = [item.prospect for item in store.plan_items(plan.id)]
    assert found == [Prospect.INVALID, Prospect.DELIVER, Prospect.WAITS, Prospect.DELIVER]
    assert [item.dead_id for item in store.plan_items(plan.id, prospect=Prospect.WAITS)] == [three]
    assert store.tally(plan).differing == 1
    judged = store.plan(plan.id)
    assert judged is not None
    assert (plan.judged_at, judged.judged_at) == (None, 77)


def test_what_the_judges_ask(store: SqlStore) -> None:
    old, newer, first, second = new_id(), new_id(), new_id(), new_id()
    lease = request(newer, state_key="record", version=5)
    store.open_leases([lease])
    assert store.newest_versions(DELIVERY, ["record", "none"]) == {"record": (5, "digest", False)}
    store.settle([sent(lease)])
    assert store.newest_versions(DELIVERY, ["record"]) == {"record": (5, "digest", True)}
    assert store.newest_versions(DELIVERY, []) == {}

    children = tuple(Child(DELIVERY, one, "t", "d", "key") for one in (first, second))
    store.settle([settled(old, children=children)])
    assert store.behind(DELIVERY, [first, second]) == {second}
    assert store.behind(DELIVERY, []) == frozenset()


def test_another_tenant_sees_and_changes_no_plan(store: SqlStore, new_store) -> None:  # type: ignore[no-untyped-def]
    plan = planned(store)
    other: SqlStore = new_store()

    assert other.plan(plan.id) is None
    assert other.plans() == []
    assert other.plan_items(plan.id) == []
    assert not entered(other, plan)
    assert not other.move_plan(plan.id, RUNNABLE, PlanState.CANCELLED)
    assert [one.id for one in store.plans()] == [plan.id]
    assert state(store, plan) is PlanState.PLANNED
