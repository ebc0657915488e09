"""The fence end to end: what is about a protected person does not leave before two people have looked at it (R25)."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.check_digits import individual_number
from hub.cli.main import cli
from hub.clock import now_us
from hub.errors import Refused, Retryable
from hub.metrics import Metrics
from hub.ports.fence import Recorded
from hub.ports.holds import Hold, HoldAct, HoldState
from hub.ports.persons import PersonRef
from hub.ports.plans import NewPlan, Prospect
from hub.ports.store import DeadFilter
from hub.support import fences, holds, plans
from hub.support.replay import replay
from tests.engine import Engine, built, failing, note

ARCHIVE = "delivery.archive"
CLERK, SUPERVISOR = "a clerk", "a supervisor"


def disclosing(root: Path) -> None:
    """The archive is outside the city."""
    edge = root / "config/edges/archive.toml"
    edge.write_text(edge.read_text(encoding="utf-8").replace('"internal"', '"discloses"'), encoding="utf-8")


@pytest.fixture(params=["memory", pytest.param("rabbit", marks=pytest.mark.rabbitmq)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch, disclosing)


def about(number: int) -> bytes:
    """A note about somebody with an individual number of their own: who shares one is one person."""
    own = next(text for digit in range(10) if individual_number(text := f"{number:011d}{digit}"))
    return note(number).replace(b"123456789018", own.encode())


def person(engine: Engine, number: int) -> PersonRef:
    return PersonRef("subject", (engine.app.sealer.alias("addressee_number", f"{number:015d}"),))


def close(engine: Engine, number: int) -> tuple[str, Recorded]:
    return fences.close(engine.app.store, person(engine, number), "", "domestic_violence", CLERK)


def held(engine: Engine, state: HoldState = HoldState.OPEN) -> list[Hold]:
    return engine.app.store.holds([state])


@pytest.mark.rule("R25")
def test_held_reviewed_by_one_approved_by_another_and_sent_once(engine: Engine) -> None:
    store, bench = engine.app.store, engine.app.bench
    close(engine, 1)
    engine.run()
    engine.publish(about(1))
    engine.publish(about(2))
    engine.await_(lambda: held(engine), "the first one is held")
    engine.await_ended(ARCHIVE, delivered=1)
    assert not any(b"000000000000001" in body for body in engine.archive.order)
    (hold,) = held(engine)
    assert (hold.code, hold.hop, hold.source) == ("fence.protected", ARCHIVE, "office")

    content = holds.look(store, bench.hub, hold.id, CLERK, "asked for by the family court")
    assert "000000000000001" in content.text
    assert content.same
    with pytest.raises(Refused, match=r"hold\.state"):
        holds.approve(bench, hold.id, SUPERVISOR, "not reviewed yet")
    holds.review(store, bench.hub, hold.id, CLERK, "they may know")
    with pytest.raises(Refused, match=r"hold\.same_person"):
        holds.approve(bench, hold.id, CLERK, "myself")
    holds.approve(bench, hold.id, SUPERVISOR, "agreed")

    engine.await_ended(ARCHIVE, delivered=2)
    assert engine.archive.order[-1] == content.text.encode()
    assert [(act.who, act.act) for act in store.hold_acts(hold.id)] == [
        (CLERK, "look"), (CLERK, "review"), (SUPERVISOR, "approve"), (SUPERVISOR, "release"),
    ]  # fmt: skip
    with pytest.raises(Refused, match=r"hold\.state"):
        holds.refuse(store, hold.id, CLERK, "too late")


@pytest.mark.rule("R25")
def test_what_was_reviewed_anew_since_it_was_shown_is_not_agreed_to(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a hold that was reviewed, and a second person who has it before them
    When it is reviewed anew for something else, before or while the second person agrees
    Then that is not agreed to, and nothing has left
    """
    store, bench = engine.app.store, engine.app.bench
    close(engine, 1)
    engine.run()
    engine.publish(about(1))
    engine.await_(lambda: held(engine), "it is held")
    (hold,) = held(engine)
    holds.review(store, bench.hub, hold.id, CLERK, "they may know")

    def anew(part: str) -> bool:
        act = HoldAct(now_us(), CLERK, "review", "all of it")
        return store.review_hold(hold.id, [HoldState.REVIEWED], "", part, act)

    assert anew("another digest")
    with pytest.raises(Refused, match=r"approval\.changed"):
        holds.approve(bench, hold.id, SUPERVISOR, "agreed", hold.agreed)

    move = store.move_hold
    monkeypatch.setattr(store, "move_hold", lambda *given: anew("a third") and move(*given))
    with pytest.raises(Refused, match=r"approval\.changed"):
        holds.approve(bench, hold.id, SUPERVISOR, "agreed", "another digest")
    monkeypatch.setattr(store, "move_hold", move)
    assert [one.state for one in held(engine, HoldState.REVIEWED)] == [HoldState.REVIEWED]
    assert engine.archive.order == []

    assert anew("")
    holds.approve(bench, hold.id, SUPERVISOR, "agreed", hold.agreed)
    engine.await_ended(ARCHIVE, delivered=1)


@pytest.mark.rule("R25")
def test_a_raise_after_the_approval_voids_it(engine: Engine) -> None:
    """Given a hold two people have approved, and a raise between the approval and the send
    Then it is held anew, and the old approval is worth nothing."""
    store, bench = engine.app.store, engine.app.bench
    close(engine, 1)
    engine.run()
    engine.publish(about(1))
    engine.await_(lambda: held(engine), "it is held")
    (hold,) = held(engine)
    store.set_paused("archive", "for the test")
    holds.review(store, bench.hub, hold.id, CLERK, "they may know")
    holds.approve(bench, hold.id, SUPERVISOR, "agreed")

    close(engine, 1)
    store.set_paused("archive", None)

    engine.await_(lambda: held(engine), "it is held anew")
    assert held(engine)[0].id != hold.id
    assert [one.id for one in held(engine, HoldState.VOID)] == [hold.id]
    assert engine.archive.order == []


def test_what_was_reviewed_or_asked_for_too_long_ago_is_not_agreed_to(engine: Engine) -> None:
    """Given a review of a hold, and a request to lift, that nobody has come back to for as long as a request waits
    Then neither is approved until it is said again, and nothing has left."""
    store, bench = engine.app.store, engine.app.bench
    measure, _ = close(engine, 1)
    engine.run()
    engine.publish(about(1))
    engine.await_(lambda: held(engine), "it is held")
    (hold,) = held(engine)
    holds.review(store, bench.hub, hold.id, CLERK, "they may know")

    with pytest.raises(Refused, match=r"approval\.state"):
        holds.approve(replace(bench, request_hours=0), hold.id, SUPERVISOR, "agreed")
    assert held(engine, HoldState.REVIEWED) == [replace(hold, state=HoldState.REVIEWED)]
    assert engine.archive.order == []

    holds.review(store, bench.hub, hold.id, CLERK, "they may still know")
    holds.approve(bench, hold.id, SUPERVISOR, "agreed")
    engine.await_ended(ARCHIVE, delivered=1)
    fences.request_lift(store, measure, CLERK, "it is over", now_us())
    with pytest.raises(Refused, match=r"approval\.state"):
        fences.approve_lift(store, measure, SUPERVISOR, 0)
    fences.request_lift(store, measure, CLERK, "it is still over", now_us())
    fences.approve_lift(store, measure, SUPERVISOR, bench.request_hours)


def test_refused_it_ends_as_discarded_and_the_books_agree(engine: Engine) -> None:
    close(engine, 1)
    engine.run()
    engine.publish(about(1))
    engine.await_(lambda: held(engine), "it is held")

    holds.refuse(engine.app.store, held(engine)[0].id, CLERK, "not theirs to know")

    engine.await_ended(ARCHIVE, discarded=1)
    assert engine.archive.order == []


def test_what_waits_in_the_queue_when_the_fence_rises_is_held(engine: Engine) -> None:
    engine.app.store.set_paused("archive", "for the test")
    engine.run()
    engine.publish(about(1))
    engine.await_ended("intake.office", forwarded=1)

    close(engine, 1)
    engine.app.store.set_paused("archive", None)

    engine.await_(lambda: held(engine), "it is held")
    assert engine.archive.order == []


def test_what_was_tried_before_the_fence_rose_is_held_at_the_next_try(engine: Engine) -> None:
    """The first try fails, and the fence rises meanwhile."""

    def fail_and_close(wire: object, context: object) -> tuple[()]:
        behave = engine.archive.behaviour
        engine.archive.behaviour = lambda _wire, _context: ()
        assert behave is fail_and_close
        _measure, recorded = close(engine, 1)
        in_flight.extend(one.message_id for one in recorded.in_flight)
        raise ConnectionError("the bug of a connector")

    in_flight: list[str] = []
    engine.archive.behaviour = fail_and_close
    engine.run()
    engine.publish(about(1))
    engine.await_(engine.dead, "the first try is dead")
    (letter,) = engine.dead()
    assert in_flight == [letter.message_id]  # the raise has told of the send under way

    plan = plans.create(engine.app.store, engine.app.bench.hub, NewPlan(DeadFilter(hop=ARCHIVE), "tester", "repaired"))

    assert dict(plans.progress(engine.app.store, plan.id).tally.prospects) == {Prospect.PROTECTED: 1}


def told_ready(engine: Engine) -> float | None:
    """As those who watch are told."""
    metrics = Metrics()
    engine.app.refresh(metrics)
    return metrics.registry.get_sample_value("renkei_fence_ready")


def test_a_damaged_memory_of_the_registry_is_told_as_not_ready(engine: Engine) -> None:
    engine.run()
    assert told_ready(engine) == 1
    engine.app.home.fence_position.write_text("{}", encoding="utf-8")
    assert told_ready(engine) == 0


def test_nothing_leaves_before_the_list_is_confirmed_and_nothing_is_lost(engine: Engine) -> None:
    store = engine.app.store
    engine.app.home.fence_position.unlink(missing_ok=True)
    fences.load(store, [fences.Entry("welfare", person(engine, 1), "", "stalking", 1, "KH0001")], CLERK)
    engine.run()
    engine.publish(about(1))
    engine.publish(about(2))
    engine.await_ended("intake.office", forwarded=2)
    with pytest.raises(Refused, match=r"registry\.same_person"):
        fences.complete(store, CLERK)
    assert engine.archive.order == []
    assert held(engine) == []

    fences.complete(store, SUPERVISOR)

    engine.await_ended(ARCHIVE, delivered=1)
    engine.await_(lambda: held(engine), "the protected one is held")


def test_an_older_registry_lets_nothing_out_until_it_is_reconciled(engine: Engine, tmp_path: Path) -> None:
    """Given a backup of the database, a raise after it, and the backup restored
    Then nothing leaves although the database reads well; a full list, confirmed, opens the others' edges again."""
    store = engine.app.store
    database, backup = engine.app.home.database, tmp_path / "backup.db"
    with closing(sqlite3.connect(database)) as now, closing(sqlite3.connect(backup)) as then:
        now.backup(then)
    engine.run()
    close(engine, 1)
    engine.publish(about(3))
    engine.await_ended(ARCHIVE, delivered=1)
    file = engine.app.home.fence_position
    engine.await_(lambda: json.loads(file.read_text())["position"] == 3, "found, complete and raise are remembered")
    assert engine.stop() == 0
    with closing(sqlite3.connect(database)) as now, closing(sqlite3.connect(backup)) as then:
        then.backup(now)

    engine.run()
    engine.publish(about(1))
    engine.publish(about(2))
    engine.await_ended("intake.office", forwarded=2)
    assert len(engine.archive.order) == 1
    assert held(engine) == []
    assert told_ready(engine) == 0, "the database alone would say that it is"

    fences.load(store, [fences.Entry("welfare", person(engine, 1), "", "stalking", 1, "KH0001")], CLERK)
    fences.complete(store, SUPERVISOR)

    engine.await_(lambda: held(engine), "the protected one is held")
    engine.await_(lambda: len(engine.archive.order) == 2, "the other one has gone out")
    assert told_ready(engine) == 1
    assert not any(b"000000000000001" in body for body in engine.archive.order)


def protecting(root: Path) -> None:
    """The archive's notes say in a field whether they protect, and the hub can make them say so."""
    disclosing(root)
    edge, contract = root / "config/edges/archive.toml", root / "schemas/archive.note/v1/contract.toml"
    edge.write_text(edge.read_text(encoding="utf-8").replace('"discloses"', '"protects"'), encoding="utf-8")
    mark = '\n[protection]\nat = "/c:note/c:sex"\non = "2"\nforced = true\n'
    contract.write_text(contract.read_text(encoding="utf-8") + mark, encoding="utf-8")


@pytest.mark.rule("R40")
def test_what_goes_to_a_protecting_edge_is_made_to_protect(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R40: whatever the source said, and without anybody having to look."""
    monkeypatch.setattr(request, "param", "memory", raising=False)
    for engine in built(request, tmp_path / "home", monkeypatch, protecting):
        close(engine, 1)
        engine.run()
        engine.publish(about(1))
        engine.publish(about(2))

        engine.await_ended(ARCHIVE, delivered=2)
        said = {body.split(b"<addressee_number>")[1][:15]: b"<sex>2</sex>" in body for body in engine.archive.order}
        assert said == {b"000000000000001": True, b"000000000000002": False}
        assert held(engine) == []


def test_a_replayed_dead_letter_of_somebody_protected_since(engine: Engine) -> None:
    engine.archive.behaviour = failing(Retryable("deliver.throttled", "slow down"), 3)
    engine.run()
    engine.publish(about(1))
    engine.await_(engine.dead, "it is out of attempts")

    close(engine, 1)
    (letter,) = engine.dead()
    app = engine.app
    assert replay(app.store, app.broker, app.sealer, letter.id, CLERK, "healed")

    engine.await_(lambda: held(engine), "it is held, not out")
    assert engine.archive.order == []


LISTS = (["dead", "list"], ["case", "list"], ["hold", "list"], ["hold", "show", "1"], ["fence", "list"], ["reconcile"])


def test_no_list_shows_anything_of_whom_it_is_about(engine: Engine) -> None:
    """Given a protected person, of whose messages one is damaged, one was rejected by the partner and one is held
    Then no list, for people or as JSON, has a name, a number or any other value of theirs."""
    home = ["--home", str(engine.app.home.root), "--log-level", "error"]
    engine.archive.behaviour = failing(Refused("deliver.rejected", "status 422"), 1)
    engine.run()
    damaged = engine.publish(about(1)[:-9])
    engine.publish(about(1))
    engine.await_(lambda: len(engine.dead()) == 2, "two are dead")
    measure, _ = close(engine, 1)
    engine.publish(about(1).replace(b">1<", b">2<"))
    engine.await_(lambda: held(engine), "one is held")
    values = re.findall(r">(\w[^<>]{2,})</", about(1).decode())
    assert len(values) >= 4

    for arguments in (*LISTS, ["fence", "history", measure], ["trace", damaged]):
        for options in ([], ["--json"]):
            shown = CliRunner().invoke(cli, [*home, *arguments, *options], env={"COLUMNS": "250"})
            assert shown.exit_code in (0, 1), (arguments, shown.output)
            assert not any(value in shown.output for value in values), arguments
