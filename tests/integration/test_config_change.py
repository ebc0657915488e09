"""A configuration that changes under way: one role is restarted with the new one, and no message is lost over it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import crew
from hub.app import App
from hub.crew import Roles
from hub.metrics import Metrics
from hub.ports.plans import NewPlan, Plan, PlanState, Prospect
from hub.ports.store import DeadFilter
from hub.runner import Runner
from hub.support import plans, runs
from hub.support.reconcile import reconcile
from hub.support.replay import replay
from tests.engine import DEADLINE, Engine, note
from tests.small_home import CONFIG, edit, second_note, second_version, write_upcast

BRIEF = runs.Pace(patience=3.0, turn_us=2_000_000)
INTAKE, DELIVERY = Roles(intake=True, delivery=False), Roles(intake=False, delivery=True)


def as_configured(engine: Engine) -> App:
    """What a process would be that started now. Shares broker and store."""
    app = App(engine.app.home.root)
    app.broker, app.store, app.sealer = engine.app.broker, engine.app.store, engine.app.sealer
    app.broker.declare(app.topology)
    return app


class Role:
    """What one process does, under the configuration it found when it started."""

    def __init__(self, engine: Engine, roles: Roles) -> None:
        self._engine, self._roles = engine, roles
        self.metrics = Metrics()
        self.start()

    def start(self) -> None:
        app = as_configured(self._engine)
        self._stop = threading.Event()
        self._runner = Runner(crew.workers(app, self._roles, self.metrics, self._stop), self._stop)
        self._runner.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._runner.wait(DEADLINE) == 0

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture
def roles(engine: Engine) -> Iterator[tuple[Role, Role]]:
    """Intake and delivery as two processes would be."""
    started = Role(engine, INTAKE), Role(engine, DELIVERY)
    yield started
    for role in started:
        role.stop()


def publish(engine: Engine, numbers: range, version: int = 1) -> None:
    for number in numbers:
        body = note(number).replace(b":v1", b":v%d" % version)
        engine.publish(body, headers={"purpose": "JT-1", "version": version})


def at_rest(engine: Engine) -> bool:
    return reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_a_new_contract_version_and_a_new_route_by_restart_of_intake_alone(
    engine: Engine, roles: tuple[Role, Role]
) -> None:
    # Given: messages of the version known, and some of the next, which the sender began with too early
    intake, delivery = roles
    root = engine.app.home.root
    publish(engine, range(1, 11))
    publish(engine, range(11, 16), version=2)
    engine.await_(lambda: len(engine.dead()) == 5, "five are refused")
    (explanation,) = {letter.explanation for letter in engine.dead(code="validate.version")}
    assert "version 2 is not known here, only 1" in explanation

    # When intake is restarted in mid-run, with the new version and a route that tells the desk as well
    second_note(root)
    route = CONFIG["routes/receipt.toml"].replace("archive.receipt", "note.kept")
    (root / "config/routes/desk.toml").write_text(route)
    publish(engine, range(16, 26))
    intake.restart()
    publish(engine, range(26, 36), version=2)

    # Then: what came under the old configuration and under the new has arrived, and old and new version alike
    engine.await_(lambda: len(engine.archive.effects) == 30, "the archive has all of them")

    # And the delivery that was not restarted refuses what it has no route for, by a code, without losing it
    engine.await_(lambda: len(engine.dead(hop="delivery.desk")) >= 10, "the desk's are refused")
    engine.await_(lambda: at_rest(engine), "nothing is under way")
    letters = engine.dead(hop="delivery.desk")
    assert {letter.code for letter in letters} == {"route.none"}

    # When delivery is restarted as well, and all dead letters are replayed
    delivery.restart()
    for letter in engine.dead():
        assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "a person", "restarted")

    # Then: every message has its effect, and the books match
    engine.await_(lambda: len(engine.archive.effects) == 35, "those sent too early as well")
    engine.await_(lambda: len(engine.desk.effects) == len(letters) + 5, "the desk has all of them")
    engine.await_(lambda: at_rest(engine), "the books match")
    assert engine.dead() == []


def second_takes_its_place(root: Path) -> Path:
    """note.kept in version 2 in place of version 1. The mappings of version 1 are in the folder that is returned."""
    second_version(root / "schemas/note.kept", "note.kept")
    edit(root / "schemas/note.kept/v2/contract.toml", "version = 1", "version = 2")
    kept = root / "kept"
    for name in ("office.note--note.kept", "note.kept--archive.note"):
        shutil.copytree(root / "mappings" / name, kept / name)
        second_version(root / "mappings" / name, "note.kept")
        shutil.rmtree(root / "mappings" / name / "v1")
    edit(root / "mappings/office.note--note.kept/v2/mapping.toml", "to_version = 1", "to_version = 2")
    edit(root / "mappings/note.kept--archive.note/v2/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "config/routes/note.toml", 'flow = "F2"', 'version = 2\nflow = "F2"')
    return kept


@pytest.fixture
def left_over(engine: Engine, roles: tuple[Role, Role]) -> Path:
    """Ten messages of note.kept version 1 waited for the archive when version 2 took its place: they are dead letters.

    Gives the folder of the old mappings.
    """
    engine.app.store.set_paused("archive", "being moved")
    publish(engine, range(1, 11))
    engine.await_ended("intake.office", forwarded=10)
    for role in roles:
        role.stop()
    kept = second_takes_its_place(engine.app.home.root)
    for role in roles:
        role.start()
    publish(engine, range(11, 16))
    engine.app.store.set_paused("archive", None)
    engine.await_(lambda: len(engine.dead()) == 10 and len(engine.archive.effects) == 5, "each has its way")
    engine.await_(lambda: at_rest(engine), "what is done is settled")
    return kept


def test_an_old_version_left_in_a_queue_is_dead_lettered_with_the_way_out(
    engine: Engine, roles: tuple[Role, Role], left_over: Path
) -> None:
    # Given: the new ones have arrived; the old ones wait for a person, who is told what is missing
    root = engine.app.home.root
    letters = engine.dead(hop="delivery.archive", code="validate.version")
    assert {letter.explanation for letter in letters} == {"no route takes note.kept version 1 to archive"}

    # When version 1 is brought back beside version 2, for the delivery alone, and they are replayed
    shutil.copytree(left_over / "note.kept--archive.note" / "v1", root / "mappings/note.kept--archive.note/v1")
    (root / "config/routes/note-old.toml").write_text(CONFIG["routes/note.toml"])
    _, delivery = roles
    delivery.restart()
    for letter in letters:
        assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "a person", "brought back")

    # Then
    engine.await_(lambda: len(engine.archive.effects) == 15, "the old ones have arrived")
    engine.await_(lambda: at_rest(engine), "the books match")
    assert engine.dead() == []


def planned(app: App) -> Plan:
    return plans.create(app.store, app.bench.hub, NewPlan(DeadFilter(), "a person", "they are old"))


def verdicts(engine: Engine, plan: Plan) -> set[tuple[Prospect | None, str | None]]:
    items = engine.app.store.plan_items(plan.id)
    assert len(items) == 10
    return {(item.prospect, item.detail) for item in items}


def test_dead_letters_of_an_old_version_are_offered_the_upcast(
    engine: Engine, roles: tuple[Role, Role], left_over: Path
) -> None:
    """Given dead letters of a version that no route takes any more
    When a plan is made before and after there is a mapping that raises them, and the second one is run
    Then the first says that they are not valid, the second what would be done to them; and they arrive, once
    """
    before = planned(as_configured(engine))
    assert verdicts(engine, before) == {
        (Prospect.INVALID, "validate.version: no route takes note.kept version 1 to archive")
    }

    write_upcast(engine.app.home.root, "note.kept")
    app = as_configured(engine)
    after = planned(app)
    assert verdicts(engine, after) == {(Prospect.DELIVER, "raised: note.kept v1 → v2")}
    roles[1].restart()
    assert runs.run(app.bench, after.id, [PlanState.PLANNED], lambda _found: None, BRIEF).plan.state is PlanState.DONE

    engine.await_(lambda: len(engine.archive.effects) == 15, "the old ones have arrived")
    engine.await_(lambda: at_rest(engine), "the books match")
    assert engine.dead() == []


def test_two_versions_of_a_partners_contract_side_by_side(engine: Engine, roles: tuple[Role, Role]) -> None:
    """Given version 2 of a partner's contract alone is mapped to the canonical one, and version 1 is raised to it
    When both come in
    Then both arrive, and what came in the version that ends is counted
    """
    intake, _ = roles
    root = engine.app.home.root
    write_upcast(root, "office.note")
    second_version(root / "mappings/office.note--note.kept", "office.note")
    shutil.rmtree(root / "mappings/office.note--note.kept/v1")
    edit(root / "mappings/office.note--note.kept/v2/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "schemas/office.note/v1/contract.toml", "version = 1\n", "version = 1\nsunset = 2027-03-31\n")
    intake.restart()
    publish(engine, range(1, 6))
    publish(engine, range(6, 9), version=2)
    engine.await_(lambda: len(engine.archive.effects) == 8, "the archive has all of them")
    engine.await_(lambda: at_rest(engine), "the books match")
    assert engine.dead() == []
    labels = {"partner": "office", "type": "office.note", "version": "1"}
    assert intake.metrics.registry.get_sample_value("renkei_ending_contract_messages_total", labels) == 5
