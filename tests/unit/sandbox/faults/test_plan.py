"""The plan: repeatable, complete, and about what exists."""

from itertools import islice

import pytest

from hub.sandbox.faults.plan import PARTNERS, PLAYED, kinds, plan
from hub.sandbox.faults.steps import REPLAY_STEPS, WORKER_STEPS
from hub.sandbox.partner_http import MODES
from tests.unit.sandbox.perfect_run import sendings

STORES = ("sqlite", "postgresql")


@pytest.mark.parametrize("store", STORES)
def test_the_same_seed_gives_the_same_faults_and_another_one_others(store: str) -> None:
    first = list(islice(plan(7, store), 500))

    assert list(islice(plan(7, store), 500)) == first
    assert list(islice(plan(8, store), 500)) != first


@pytest.mark.parametrize("store", STORES)
def test_a_plan_begins_with_one_of_every_kind(store: str) -> None:
    every = kinds(store)

    begun = [fault.kind for fault in islice(plan(3, store), len(every))]

    assert sorted(begun) == sorted(every)


@pytest.mark.parametrize("store", STORES)
def test_every_named_step_and_every_way_a_partner_fails_is_a_kind(store: str) -> None:
    every = kinds(store)

    assert every.keys() >= {f"step.{step}" for step in (*WORKER_STEPS, *REPLAY_STEPS, "migrating")}
    assert every.keys() >= {f"partner.{mode}" for mode in MODES - {"ok"}}


def test_faults_meet_every_partner_of_the_flows_that_are_played_and_no_other() -> None:
    assert sorted(PARTNERS) == sorted(
        {due.partner for each in sendings().values() if each.flow in PLAYED for due in each.dues}
    )
