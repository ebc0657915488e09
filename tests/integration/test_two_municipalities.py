"""R34: two homes on one database. By console and commands neither sees or changes what is the other's."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hub import app as composition
from hub.app import App
from hub.cli.main import cli
from hub.console.screen import Screen
from hub.console.table import SCREENS
from hub.installation import init_home
from hub.ports.audit import AuditFilter
from hub.ports.cases import Cause
from hub.sandbox.process import wait_until
from hub.store.tables import metadata
from hub.support import fences
from hub.support.cases import case_id
from tests.doors import WordDoor, served
from tests.engine import DEADLINE, Engine, note
from tests.integration.test_console import KEY, address, session
from tests.integration.test_replay_plans import refusing
from tests.small_home import write_home

PERSON = f"{1:015d}"
ARCHIVE = "delivery.archive"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def first(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A municipality at work, with dead letters, on each of the databases two can share."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    made = Engine(tmp_path / "first", monkeypatch, store_url=url)
    made.archive.behaviour = refusing()
    made.run()
    for number in (1, 2, 3):
        made.publish(note(number))
    made.await_(lambda: len(made.dead(hop=ARCHIVE)) == 3, "all are dead")
    yield made
    made.close()


@pytest.fixture
def second(first: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Another one, with a home and keys of its own, on the same database."""
    root = tmp_path / "second"
    write_home(root)
    (root / "hub.toml").unlink()
    app = App(root)
    init_home(app, "141003", composition.MEMORY, None, extra=f'store_url = "{first.app.store_url}"', sandbox=True)
    fences.load(app.store, [], "a clerk")
    fences.complete(app.store, "a supervisor")
    app.broker.declare(app.topology)
    yield app
    App.close(app)  # `renkei` keeps the commands from doing so


@pytest.fixture
def renkei(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(app: App, *arguments: str, typed: str = "") -> Any:
        monkeypatch.setattr(app, "close", lambda: None)  # the commands' own would end the broker of the test
        monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: app)
        return CliRunner().invoke(cli, list(arguments), input=typed)

    return run


def filled(first: Engine, renkei: Callable[..., Any]) -> None:
    """One of everything that has a number."""
    for arguments, typed, code in (
        (("erase", "ask", "--reason", "first's own"), f"{PERSON}\n", 0),
        (("replay", "plan", "--hop", ARCHIVE, "--reason", "first's own"), "", 0),
        (("dead", "discard", "1", "--reason", "first's own", "--yes"), "", 7),
        (("fence", "raise", "--reason", "other"), f"{PERSON}\n", 0),
    ):
        done = renkei(first.app, *arguments, typed=typed)
        assert done.exit_code == code, done.output


def lying(first: Engine) -> dict[str, list[str]]:
    """All rows of the first but what it does by itself meanwhile."""
    engine = sa.create_engine(first.app.store_url)
    moving = {"audit_rows", "audit_state", "audit_checkpoints", "audit_tiles", "circuits"}
    with engine.connect() as connection:
        found = {
            name: sorted(
                repr(tuple(row)) for row in connection.execute(sa.select(table).where(table.c.tenant == "141305"))
            )
            for name, table in metadata.tables.items()
            if name not in moving
        }
    engine.dispose()
    return found


@pytest.mark.rule("R34")
def test_no_command_reads_replays_or_erases_what_is_the_others(
    first: Engine, second: App, renkei: Callable[..., Any], tmp_path: Path
) -> None:
    filled(first, renkei)
    letter = first.dead(hop=ARCHIVE)[0]
    before = lying(first)
    number = str(letter.id)
    case = case_id(Cause(letter.code, ARCHIVE, letter.type))
    measure = json.loads(renkei(first.app, "fence", "list", "--json").stdout)[0]["measure"]
    reason = ("--reason", "guessed")

    empty = [
        ("dead", "list"), ("dead", "list", "--state", "all"), ("dead", "list", "--message", letter.message_id),
        ("dead", "list", "--correlation", letter.correlation_id), ("case", "list"), ("hold", "list"), ("erase", "list"),
        ("erase", "list", "--state", "all"), ("replay", "list"), ("fence", "list"), ("approval", "list"),
        ("edit", "list"), ("retention", "list"), ("trace", letter.message_id), ("trace", letter.correlation_id),
        ("audit", "list", "--message", letter.message_id), ("reconcile",),
    ]  # fmt: skip
    for arguments in empty:
        done = renkei(second, *arguments, "--json")
        assert letter.message_id not in done.output, arguments
        assert "first's own" not in done.output, arguments
        assert ARCHIVE not in done.output or arguments == ("reconcile",), arguments
    assert json.loads(renkei(second, "dead", "list", "--person", "--json", typed=f"{PERSON}\n").stdout) == []

    refused = [
        ("dead", "show", number), ("dead", "fields", number), ("dead", "replay", number, *reason, "--yes"),
        ("dead", "discard", number, *reason, "--yes"), ("edit", "propose", number, *reason, "--field", "/note/sex"),
        ("case", "show", case), ("case", "take", case), ("erase", "show", "1"),
        ("erase", "approve", "1", *reason, "--yes"), ("erase", "refuse", "1", *reason), ("replay", "show", "1"),
        ("replay", "run", "1"), ("replay", "cancel", "1"), ("hold", "show", "1", *reason),
        ("hold", "review", "1", *reason), ("approval", "show", "1"), ("approval", "approve", "1", *reason),
        ("retention", "show", "1"), ("retention", "confirm", "1", "--yes"), ("fence", "history", measure),
    ]  # fmt: skip
    for arguments in refused:
        done = renkei(second, *arguments, typed="guess\n")
        assert done.exit_code == 5, (arguments, done.output)  # refused with a code; 2 would be a wrong command
        assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
        assert letter.message_id not in done.output, arguments
        assert "first's own" not in done.output, arguments

    # A person of the first one is nobody to the second: nothing to erase, and nothing recorded of the person
    assert "erase.nothing" in renkei(second, "erase", "ask", *reason, typed=f"{PERSON}\n").output
    wait_until(lambda: lying(first) == before, "nothing of the first has changed", DEADLINE)
    rows = second.store.newest_audit_rows(AuditFilter(), limit=500)
    assert all(json.loads(row.text)["tenant"] == "141003" for row in rows)


@pytest.mark.rule("R34", "R47")
def test_no_address_of_the_console_shows_what_is_the_others_and_who_tries_is_recorded(
    first: Engine, second: App, renkei: Callable[..., Any]
) -> None:
    filled(first, renkei)
    letter = first.dead(hop=ARCHIVE)[0]
    before = lying(first)
    numbered = [screen for screen in SCREENS if "{" in screen.path]

    with served(second, WordDoor()) as url, httpx.Client(base_url=url) as browser:
        session(browser)
        key = KEY.search(browser.get("/").text)
        assert key is not None
        tried: dict[str, int] = {}
        for screen in numbered:
            for place in {address(screen), aimed(screen, letter.message_id)}:
                if screen.method == "GET":
                    answer = browser.get(place)
                else:
                    form = {"form_key": key[1], "reason": "guessed", "note": "guessed", "field": "0"}
                    answer = browser.post(place, data=form)
                tried[f"{screen.method} {place}"] = answer.status_code
                assert letter.message_id not in answer.text.replace(place, ""), place
                assert "first&#39;s own" not in answer.text, place
                assert answer.status_code < 500, (place, answer.status_code)
        assert browser.get(f"/letters/{letter.id}").status_code == 404

    by_number = {name: status for name, status in tried.items() if "/letters/" in name or "/plans/" in name}
    assert by_number
    assert all(status in (303, 403, 404, 409) for status in by_number.values()), by_number
    wait_until(lambda: lying(first) == before, "nothing of the first has changed", DEADLINE)
    said = [json.loads(row.text) for row in second.store.newest_audit_rows(AuditFilter(act="look.refused"), limit=500)]
    assert {"page:/letters/{dead_id:int}"} <= {one["what"][0] for one in said}
    assert {one["actor"] for one in said} == {"all"}
    assert "letter.unknown" in {one["details"]["code"] for one in said}
    assert first.app.store.newest_audit_rows(AuditFilter(act="look.refused")) == []


def aimed(screen: Screen, message_id: str) -> str:
    """The address with ids of the first one in it."""
    return address(screen).replace("archive", message_id)
