"""Replay plans end to end: judged by today's rules, run from a canary on, and one effect each whatever happens."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hub.errors import Refused
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.plans import ItemState, NewPlan, Plan, PlanState, Prospect
from hub.ports.store import DeadFilter, SealedBody
from hub.support import plans, runs
from hub.support.judges import judge
from hub.support.plans import Progress
from hub.support.reconcile import reconcile
from hub.support.replay import BODIES, outgoing
from tests.engine import Engine, built, note
from tests.small_home import edit

ARCHIVE = "delivery.archive"
RUN = [PlanState.PLANNED, PlanState.RUNNING]
RESUME = [PlanState.PAUSED, PlanState.HALTED, PlanState.RUNNING]
BRIEF = runs.Pace(patience=3.0, turn_us=2_000_000)


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path, monkeypatch)


def refusing(unless: Callable[[bytes], bool] = lambda _content: False) -> Callable[..., Sequence[Reply]]:
    def behave(wire: Wire, _context: SendContext) -> Sequence[Reply]:
        if not unless(wire.content):
            raise Refused("deliver.rejected", "status 422")
        return ()

    return behave


def healed(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
    return ()


def buried(engine: Engine, bodies: Sequence[bytes]) -> None:
    """All refused by the partner."""
    engine.archive.behaviour = refusing()
    engine.run()
    for body in bodies:
        engine.publish(body)
    engine.await_(lambda: len(engine.dead(hop=ARCHIVE, ids=None)) >= min(len(bodies), 100), "all are dead")
    engine.await_(lambda: sum(n for *_, n, _ in engine.app.store.dead_counts()) == len(bodies), "all are dead")


def planned(engine: Engine, where: DeadFilter | None = None, **given: object) -> Plan:
    new = NewPlan(where or DeadFilter(hop=ARCHIVE), "tester", "healed", **given)  # type: ignore[arg-type]
    return plans.create(engine.app.store, engine.app.bench.hub, new)


def prospects(engine: Engine, plan: Plan) -> dict[Prospect, int]:
    return dict(plans.progress(engine.app.store, plan.id).tally.prospects)


def run(
    engine: Engine, plan: Plan, states: Sequence[PlanState] = RUN, report: runs.Report = lambda _found: None
) -> Progress:
    return runs.run(engine.app.bench, plan.id, states, report, BRIEF)


def books_match(engine: Engine) -> bool:
    return reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def version_of(body: bytes) -> int:
    return int(body.split(b"<history_number>")[1].split(b"<")[0])


def record_of(body: bytes) -> int:
    return int(body.split(b"<addressee_number>")[1][:15])


def test_what_is_fit_arrives_once_and_what_a_newer_one_replaced_does_not_leave(engine: Engine) -> None:
    """Given 60 dead letters: of every record two versions, both of which the partner refused
    When the plan is run
    Then the newer ones arrive once each, the older ones do not leave; arrivals are shown and stay
    """
    buried(engine, [note(number, version) for version in (1, 2) for number in range(1, 31)])
    before = len(engine.archive.sends)
    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.DELIVER: 30, Prospect.SUPERSEDED: 30}
    engine.publish(note(99, 1))
    engine.await_(lambda: sum(n for *_, n, _ in engine.app.store.dead_counts()) == 61, "one more is dead")
    engine.archive.behaviour = healed

    found = run(engine, plan)

    assert found.plan.state is PlanState.DONE
    assert found.tally.states == {ItemState.DELIVERED: 30, ItemState.SUPERSEDED: 30}
    assert found.tally.arrivals == 1
    assert len(engine.archive.sends) - before == 30 + 1
    assert sorted((record_of(body), version_of(body)) for body in engine.archive.order) == [
        (number, 2) for number in range(1, 31)
    ]
    engine.await_(lambda: books_match(engine), "the books match")
    with pytest.raises(Refused, match=r"replay\.state"):
        run(engine, plan)


def test_few_bodies_are_read_at_once_and_one_that_was_deleted_meanwhile_stops_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given more dead letters than are read at once, of which retention deletes one while they are judged and sent
    Then no read asks for more, and the others arrive
    """
    buried(engine, [note(number) for number in range(1, BODIES + 12)])
    engine.archive.behaviour = healed
    read, asked = engine.app.store.dead_bodies, list[int]()
    lost = engine.dead(hop=ARCHIVE)[0].id

    def some(dead_ids: Collection[int]) -> Mapping[int, tuple[str, SealedBody]]:
        asked.append(len(dead_ids))
        return {dead_id: body for dead_id, body in read(dead_ids).items() if dead_id != lost}

    monkeypatch.setattr(engine.app.store, "dead_bodies", some)
    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.DELIVER: BODIES + 10, Prospect.INVALID: 1}
    assert run(engine, plan).plan.state is PlanState.DONE
    assert max(asked) == BODIES
    engine.await_(lambda: len(engine.archive.effects) == BODIES + 10, "the others have arrived")


def test_of_one_record_the_earlier_goes_first(engine: Engine) -> None:
    """Given versions 1 to 3 of two records, dead of a contract that was too narrow
    When it is put right and the plan is run
    Then the first of each would be delivered and the others wait behind it, and each record's order is kept
    """
    schema = engine.app.home.root / "schemas/archive.note/v1/schema.xsd"
    edit(schema, '<xs:enumeration value="2"/>', "")
    del engine.app.registry
    buried(engine, [note(number, version, **{"<sex>1": "<sex>2"}) for version in (1, 2, 3) for number in (1, 2)])
    assert engine.stop() == 0
    edit(schema, '<xs:enumeration value="1"/>', '<xs:enumeration value="1"/><xs:enumeration value="2"/>')
    del engine.app.registry
    engine.run()
    engine.archive.behaviour = healed

    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.DELIVER: 2, Prospect.WAITS: 4}
    assert run(engine, plan).plan.state is PlanState.DONE

    for number in (1, 2):
        arrived = [version_of(body) for body in engine.archive.order if record_of(body) == number]
        assert arrived == sorted(arrived)
        assert arrived[-1] == 3


def test_a_partner_that_still_refuses_meets_one_message_and_no_more(engine: Engine) -> None:
    buried(engine, [note(number) for number in range(1, 21)])
    before = len(engine.archive.sends)
    plan = planned(engine)

    found = run(engine, plan)

    assert (found.plan.state, found.plan.halted_by) == (PlanState.HALTED, "deliver.rejected")
    assert len(engine.archive.sends) - before == 1
    assert found.tally.states == {ItemState.PENDING: 19, ItemState.FAILED: 1}

    # healed for the first few only: the second step of the canary meets it
    engine.archive.behaviour = refusing(
        unless=lambda content: content.split(b"<addressee_number>")[1][:15] < b"0" * 13 + b"05"
    )
    found = run(engine, plan, RESUME)
    assert found.plan.state is PlanState.HALTED
    assert len(engine.archive.sends) - before <= 1 + sum(runs.CANARY)
    assert found.tally.count(ItemState.PENDING) >= 19 - sum(runs.CANARY)

    engine.archive.behaviour = healed
    found = run(engine, plan, RESUME)
    assert found.plan.state is PlanState.DONE
    assert found.tally.count(ItemState.PENDING, ItemState.CLAIMED, ItemState.SENT) == 0
    assert found.tally.count(ItemState.DELIVERED) + found.tally.count(ItemState.FAILED) == 20


def test_the_dry_run_judges_by_what_was_sent_meanwhile(engine: Engine) -> None:
    """Given dead letters of three records
    When a newer version of the first was delivered, and the second itself, by a replay outside the plan
    Then the plan says so, sends the third alone, and closes the other two
    """
    buried(engine, [note(2, 1)])
    (twin,) = engine.dead()
    for body in (note(1, 1), note(3, 1)):
        engine.publish(body)
    engine.await_(lambda: len(engine.dead()) == 3, "all are dead")
    engine.archive.behaviour = healed
    engine.publish(note(1, 2))
    engine.await_ended(ARCHIVE, delivered=1)
    engine.app.store.claim_replay(twin.id, "tester", "r")  # interrupted, although it went out
    engine.app.broker.publish([outgoing(engine.app.store, engine.app.sealer, twin.id, ARCHIVE)])
    engine.await_ended(ARCHIVE, delivered=2)

    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.SUPERSEDED: 1, Prospect.ALREADY: 1, Prospect.DELIVER: 1}
    before = len(engine.archive.sends)
    found = run(engine, plan)

    assert found.plan.state is PlanState.DONE
    assert len(engine.archive.sends) - before == 1
    assert engine.dead() == []
    engine.await_(lambda: books_match(engine), "the books match")


def test_a_contract_that_changed_is_named_and_such_messages_stay(engine: Engine) -> None:
    buried(engine, [note(1), note(2, **{"<sex>1": "<sex>2"})])
    assert engine.stop() == 0
    schema = engine.app.home.root / "schemas/archive.note/v1/schema.xsd"
    edit(schema, '<xs:enumeration value="2"/>', "")
    del engine.app.registry
    engine.run()
    engine.archive.behaviour = healed

    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.DELIVER: 1, Prospect.INVALID: 1}
    (unfit,) = engine.app.store.plan_items(plan.id, prospect=Prospect.INVALID)
    assert "translate.output" in str(unfit.detail)
    found = run(engine, plan)

    assert found.tally.states == {ItemState.DELIVERED: 1, ItemState.KEPT: 1}
    assert [letter.id for letter in engine.dead()] == [unfit.dead_id]


@pytest.mark.parametrize(("stands_us", "became"), [(0, ItemState.KEPT), (runs.STANDS_US, ItemState.FAILED)])
def test_what_was_found_fit_a_moment_ago_is_left_to_its_hop(
    engine: Engine, stands_us: int, became: ItemState, monkeypatch: pytest.MonkeyPatch
) -> None:
    buried(engine, [note(1)])
    engine.publish(note(2, **{"<sex>1": "<sex>2"}))
    engine.await_(lambda: len(engine.dead()) == 2, "both are dead, the first before the second")
    plan = planned(engine)
    assert prospects(engine, plan) == {Prospect.DELIVER: 2}
    assert engine.stop() == 0
    edit(engine.app.home.root / "schemas/archive.note/v1/schema.xsd", '<xs:enumeration value="2"/>', "")
    for name in ("registry", "bench"):
        engine.app.__dict__.pop(name)
    engine.run()
    engine.archive.behaviour = healed
    judged: list[int] = []
    monkeypatch.setattr(
        runs, "judge", lambda items, *given: (judged.extend(one.dead_id for one in items), judge(items, *given))[1]
    )

    found = runs.run(engine.app.bench, plan.id, RUN, lambda _: None, replace(BRIEF, stands_us=stands_us))

    assert found.tally.states == {ItemState.DELIVERED: 1, became: 1}
    assert len(judged) == (2 if stands_us == 0 else 0)
    assert [letter.code for letter in engine.dead()] == ["deliver.rejected" if stands_us == 0 else "translate.output"]
    engine.await_(lambda: books_match(engine), "the books match")


def test_a_mapping_that_changed_is_shown_by_number_alone(engine: Engine) -> None:
    buried(engine, [note(1), note(2)])
    plan = planned(engine)
    assert plans.progress(engine.app.store, plan.id).tally.differing == 0
    assert engine.stop() == 0
    mapping = engine.app.home.root / "mappings/note.kept--archive.note/v1/mapping.xslt"
    edit(mapping, '<sex><xsl:value-of select="a:sex"/></sex>', "<sex>2</sex>")
    for name in ("registry", "bench"):
        engine.app.__dict__.pop(name)

    plans.judge_all(engine.app.store, engine.app.bench.hub, plan.id)

    assert plans.progress(engine.app.store, plan.id).tally.differing == 2
    engine.run()


def test_what_died_at_intake_goes_through_todays_intake(engine: Engine) -> None:
    engine.run()
    engine.publish(note(1), headers={"purpose": "JT-9"})
    engine.publish(note(2), headers={"purpose": "JT-1"}, message_id="not an id")
    engine.await_(lambda: len(engine.dead()) == 2, "two are dead")

    plan = planned(engine, DeadFilter(origin="intake"))
    assert prospects(engine, plan) == {Prospect.INVALID: 1, Prospect.SENDER_ONLY: 1}
    (unfit,) = engine.app.store.plan_items(plan.id, prospect=Prospect.INVALID)
    assert str(unfit.detail).startswith("authorise.purpose")

    assert engine.stop() == 0
    edit(engine.app.home.root / "config/grants/office.toml", '"JT-2"]', '"JT-2", "JT-9"]')
    for name in ("registry", "bench"):
        engine.app.__dict__.pop(name)
    engine.run()
    found = run(engine, plan)
    assert found.tally.states == {ItemState.FORWARDED: 1, ItemState.KEPT: 1}
    engine.await_ended(ARCHIVE, delivered=1)


def test_a_rate_is_kept_and_a_pause_stops_it(engine: Engine) -> None:
    buried(engine, [note(number) for number in range(1, 9)])
    engine.archive.behaviour = healed
    plan = planned(engine, rate=120)

    def pausing(found: Progress) -> None:
        if found.tally.count(ItemState.DELIVERED) >= 2 and found.plan.state is PlanState.RUNNING:
            plans.pause(engine.app.store, plan.id)

    found = run(engine, plan, report=pausing)
    assert found.plan.state is PlanState.PAUSED
    assert 0 < found.tally.count(ItemState.PENDING) < 8
    assert not found.runs

    began = found.plan.next_at
    found = run(engine, plan, RESUME)
    assert found.tally.states == {ItemState.DELIVERED: 8}
    assert found.plan.next_at - began >= 500_000, "half a second for each, by the store's own account"


def test_cancelled_midway_each_message_is_in_one_place(engine: Engine) -> None:
    buried(engine, [note(number) for number in range(1, 41)])
    engine.archive.behaviour = healed
    plan = planned(engine, rate=600)

    def cancelling(found: Progress) -> None:
        if found.tally.count(ItemState.DELIVERED) >= 3 and found.plan.state is PlanState.RUNNING:
            threading.Thread(target=runs.cancel, args=(engine.app.bench, plan.id, BRIEF)).start()

    found = run(engine, plan, report=cancelling)
    found = runs.cancel(engine.app.bench, plan.id, BRIEF)

    assert found.plan.state is PlanState.CANCELLED
    engine.await_(
        lambda: plans.progress(engine.app.store, plan.id).tally.count(ItemState.SENT) == 0, "what went out has arrived"
    )
    tally = plans.progress(engine.app.store, plan.id).tally
    left = tally.count(ItemState.PENDING)
    assert 0 < left < 40
    assert tally.states == {ItemState.PENDING: left, ItemState.DELIVERED: 40 - left}
    assert len(engine.dead(state="open")) == left
    assert engine.dead(state="replaying") == []
    assert len(engine.archive.effects) == 40 - left
    assert books_match(engine)


def test_two_that_start_it_at_once_are_one(engine: Engine) -> None:
    buried(engine, [note(number) for number in range(1, 31)])
    before = len(engine.archive.sends)
    engine.archive.behaviour = healed
    plan = planned(engine)
    refused: list[str] = []

    def start() -> None:
        try:
            run(engine, plan)
        except Refused as error:
            refused.append(error.code)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == ["replay.busy"] * 3
    assert len(engine.archive.sends) - before == 30
    assert len(engine.archive.effects) == 30


def test_an_empty_selection_is_refused_and_leaves_no_plan_to_run(engine: Engine) -> None:
    with pytest.raises(Refused, match=r"replay\.nothing"):
        planned(engine)
    with pytest.raises(Refused, match=r"replay\.unknown"):
        plans.progress(engine.app.store, 999)


def test_nothing_is_added_where_a_person_lets_a_partner_run_dry(engine: Engine) -> None:
    buried(engine, [note(1), note(2)])
    before = len(engine.archive.sends)
    engine.archive.behaviour = healed
    engine.app.store.drain("archive", "the partner moves")
    plan = planned(engine)

    found = run(engine, plan)

    assert (found.plan.state, found.plan.halted_by) == (PlanState.HALTED, "replay.undecided")
    assert found.tally.states == {ItemState.PENDING: 2}
    assert len(engine.archive.sends) == before
    assert len(engine.dead(hop=ARCHIVE)) == 2

    engine.app.store.set_paused("archive", None)
    assert run(engine, plan, RESUME).tally.states == {ItemState.DELIVERED: 2}
