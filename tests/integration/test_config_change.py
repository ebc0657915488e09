"""A configuration that changes under way: one role is restarted with the new one, and no message is lost over it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.app import App, Roles
from hub.metrics import Metrics
from hub.runner import Runner
from hub.support.reconcile import reconcile
from hub.support.replay import replay
from tests.engine import DEADLINE, Engine, note
from tests.small_home import CONFIG, edit

INTAKE, DELIVERY = Roles(intake=True, delivery=False), Roles(intake=False, delivery=True)


class Role:
    """What one process does, under the configuration it found when it started. Shares broker and store."""

    def __init__(self, engine: Engine, roles: Roles) -> None:
        self._engine, self._roles = engine, roles
        self.start()

    def start(self) -> None:
        old = self._engine.app
        app = App(old.home.root)
        app.broker, app.store, app.sealer = old.broker, old.store, old.sealer
        app.broker.declare(app.topology)
        self._stop = threading.Event()
        self._runner = Runner(app.workers(self._roles, Metrics(), self._stop), self._stop)
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


def second_version(folder: Path, *types: str) -> None:
    """A v2 beside a v1 of a contract or mapping; `types`: whose namespace moves on with it."""
    shutil.copytree(folder / "v1", folder / "v2")
    for file in (folder / "v2").rglob("*.*"):
        text = file.read_text(encoding="utf-8")
        for type_ in types:
            text = text.replace(f"urn:renkei:{type_}:v1", f"urn:renkei:{type_}:v2")
        file.write_text(text, encoding="utf-8")


def second_note(root: Path) -> None:
    """office.note in version 2, which becomes the same canonical note."""
    second_version(root / "schemas/office.note", "office.note")
    edit(root / "schemas/office.note/v2/contract.toml", "version = 1", "version = 2")
    second_version(root / "mappings/office.note--note.kept", "office.note")
    edit(root / "mappings/office.note--note.kept/v2/mapping.toml", "from_version = 1", "from_version = 2")


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


def test_an_old_version_left_in_a_queue_is_dead_lettered_with_the_way_out(
    engine: Engine, roles: tuple[Role, Role]
) -> None:
    # Given: messages of note.kept version 1 wait for the archive
    _, delivery = roles
    root = engine.app.home.root
    engine.app.store.set_paused("archive", "being moved")
    publish(engine, range(1, 11))
    engine.await_ended("intake.office", forwarded=10)

    # When version 2 takes the place of version 1, and both roles are restarted
    for role in roles:
        role.stop()
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
    for role in roles:
        role.start()
    publish(engine, range(11, 16))
    engine.app.store.set_paused("archive", None)

    # Then: the new ones arrive; the old ones wait for a person, who is told what is missing
    engine.await_(lambda: len(engine.dead()) == 10 and len(engine.archive.effects) == 5, "each has its way")
    letters = engine.dead(hop="delivery.archive", code="validate.version")
    assert {letter.explanation for letter in letters} == {"no route takes note.kept version 1 to archive"}
    engine.await_(lambda: at_rest(engine), "what is done is settled")

    # When version 1 is brought back beside version 2, for the delivery alone, and they are replayed
    shutil.copytree(kept / "note.kept--archive.note" / "v1", root / "mappings/note.kept--archive.note/v1")
    (root / "config/routes/note-old.toml").write_text(CONFIG["routes/note.toml"])
    delivery.restart()
    for letter in letters:
        assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "a person", "brought back")

    # Then
    engine.await_(lambda: len(engine.archive.effects) == 15, "the old ones have arrived")
    engine.await_(lambda: at_rest(engine), "the books match")
    assert engine.dead() == []
