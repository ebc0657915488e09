"""`renkei top`: what an operator sees of store, broker and processes, also when some of them cannot be asked."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3
from rich.console import Console
from typer.testing import CliRunner

from hub.cli.main import cli
from hub.cli.snapshot import Flow, Snapshot, look
from hub.cli.top import view
from hub.errors import Refused
from hub.status import StatusServer
from hub.targets import announced
from tests.engine import Engine, built, failing, note

ARCHIVE = "delivery.archive"


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch)


def text(found: Snapshot, before: Snapshot | None = None) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(view(found, before))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_it_shows_what_waits_what_died_and_what_flows(engine: Engine) -> None:
    # Given: one delivered, one dead, and more that wait for a connector that is paused
    engine.archive.behaviour = failing(Refused("deliver.rejected", "status 422"), 1)
    engine.run()
    engine.publish(note(1))
    engine.await_(lambda: engine.dead(hop=ARCHIVE), "one died")
    engine.publish(note(2))
    engine.await_ended(ARCHIVE, delivered=1)
    assert engine.stop() == 0
    engine.app.store.set_paused("archive", "being moved")
    with ExitStack() as stack:
        status = StatusServer("127.0.0.1", 0, engine.metrics, {}, lambda: engine.app.refresh(engine.metrics))
        status.start()
        stack.callback(status.close)
        stack.enter_context(announced(engine.app.home.targets, "127.0.0.1", status.port, "all"))

        # When
        found = look(engine.app, urllib3.PoolManager(retries=False))

    # Then
    archive, desk = found.lines
    assert (archive.name, archive.state, archive.reason) == ("archive", "paused", "being moved")
    assert (archive.open, archive.dead, archive.sending, archive.oldest) == (1, 1, 0, None)
    assert (desk.state, desk.open) == ("closed", 0)
    (flow,) = found.flows
    assert (flow.flow, flow.taken_in, flow.delivered, flow.dead) == ("F2", 2, 1, 1)
    assert found.processes == 1
    shown = text(found)
    assert "paused: being moved" in shown
    assert "since the processes started" in shown
    if engine.app.settings.amqp_url == "memory://":
        assert archive.queued is None
        assert "cannot be asked from here" in shown
    else:
        assert archive.queued == 0
        assert found.notes == ()


def test_the_age_of_the_oldest_and_the_queue_are_those_of_what_waits(engine: Engine) -> None:
    for number in (1, 2, 3):
        engine.publish(note(number))
    engine.app.store.set_paused("archive", "being moved")
    engine.run()
    engine.await_(lambda: engine.app.store.backlog([ARCHIVE]).get(ARCHIVE, (0, None))[0] == 3, "all are taken in")
    assert engine.stop() == 0

    found = look(engine.app, urllib3.PoolManager(retries=False))

    archive = found.lines[0]
    assert archive.open == 3
    assert archive.oldest is not None and 0 <= archive.oldest < 60
    assert "no process has announced itself" in text(found)
    if archive.queued is not None:
        engine.await_(
            lambda: look(engine.app, urllib3.PoolManager(retries=False)).lines[0].queued == 3, "given back to the queue"
        )


def test_rates_are_those_between_two_looks() -> None:
    before = Snapshot(1000.0, (), {"office": 0}, (Flow("F2", taken_in=10),), "ready", 1)
    after = replace(before, at=1030.0, flows=(Flow("F2", taken_in=40, dead=1),))
    shown = text(after, before)
    assert "per minute" in shown
    row = next(line for line in shown.splitlines() if "F2" in line)
    assert [word for word in row.split() if word.isdigit()] == ["60", "0", "0", "2"]


def test_a_process_that_does_not_answer_is_named(engine: Engine) -> None:
    with announced(engine.app.home.targets, "127.0.0.1", 1, "all"):
        found = look(engine.app, urllib3.PoolManager(retries=False))
    assert "the process at 127.0.0.1:1 does not answer" in found.notes
    assert found.processes == 0


@pytest.mark.parametrize("engine", ["memory"], indirect=True)
def test_the_command_looks_once_for_scripts(engine: Engine) -> None:
    home = str(engine.app.home.root)
    once = CliRunner().invoke(cli, ["--home", home, "top", "--once"])
    assert once.exit_code == 0, once.output
    assert "archive" in once.output
    as_json = CliRunner().invoke(cli, ["--home", home, "top", "--json"])
    assert {line["name"] for line in json.loads(as_json.stdout)["lines"]} == {"archive", "desk"}
