"""A hold shows what differs from what was sent last about the same person; or says why there is nothing to show."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from hub.check_digits import individual_number
from hub.cli.main import cli
from hub.errors import Refused
from hub.ports.audit import AuditFilter
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.holds import Hold
from hub.support import erasure, holds
from hub.support.previous import Kept, Previous, previous
from tests.doors import WordDoor, served
from tests.engine import Engine, built, note
from tests.integration.test_console import send, session
from tests.integration.test_fence import CLERK, SUPERVISOR, close, disclosing, held

THEN, NOW = "2019-04-01", "2019-04-02"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    yield from built(request, tmp_path / "home", monkeypatch, disclosing)


def version(number: int, nth: int, day: str = THEN) -> bytes:
    own = next(text for digit in range(10) if individual_number(text := f"{number:011d}{digit}"))
    return note(number, nth, **{"123456789018": own, THEN: day})


def holding(engine: Engine, nth: int, day: str = THEN, number: int = 1) -> Hold:
    engine.publish(version(number, nth, day))
    engine.await_(lambda: len(held(engine)) == 1, "it is held")
    return held(engine)[0]


def release(engine: Engine, hold: Hold, delivered: int) -> None:
    store, hub = engine.app.store, engine.app.bench.hub
    holds.review(store, hub, hold.id, CLERK, "they may know")
    holds.approve(engine.app.bench, hold.id, SUPERVISOR, "agreed")
    engine.await_ended("delivery.archive", delivered=delivered)


def found(engine: Engine, hold: Hold) -> Previous:
    seen = previous(engine.app.store, engine.app.bench.hub, hold.id)
    assert seen is not None
    return seen


@pytest.mark.rule("R25")
def test_what_differs_from_the_last_that_was_released_is_told(engine: Engine) -> None:
    """Given a protected person about whom one message was released
    When a newer one with another date is held
    Then exactly what differs is told, and not of another person's
    """
    close(engine, 1)
    close(engine, 2)
    engine.run()
    first = holding(engine, 1)
    assert found(engine, first) == Previous(Kept.NONE)
    release(engine, first, 1)
    second = holding(engine, 2, NOW)
    seen = found(engine, second)
    assert (seen.kept, seen.message_id) == (Kept.SHOWN, first.message_id)
    days = [(one.before, one.after) for one in seen.differences if one.path.endswith("birth_date")]
    assert days == [(THEN, NOW)]
    assert NOW not in repr(seen)
    release(engine, second, 2)
    third = holding(engine, 3, NOW)
    seen = found(engine, third)
    assert seen.message_id == second.message_id
    assert [one for one in seen.differences if one.path.endswith("birth_date")] == []
    release(engine, third, 3)
    assert found(engine, holding(engine, 1, number=2)).kept is Kept.NONE, "of another person"


def test_what_was_sent_and_not_kept_is_said_to_be_gone(engine: Engine) -> None:
    engine.run()
    engine.publish(version(1, 1))
    engine.await_ended("delivery.archive", delivered=1)
    close(engine, 1)
    seen = found(engine, holding(engine, 2, NOW))
    assert (seen.kept, seen.differences) == (Kept.GONE, ())
    assert seen.at is not None


def test_what_was_erased_is_said_to_be_gone(engine: Engine) -> None:
    store = engine.app.store
    close(engine, 1)
    engine.run()
    release(engine, holding(engine, 1), 1)
    number = (engine.app.sealer.alias("addressee_number", f"{1:015d}"),)
    asked = erasure.ask(store, number, CLERK, "a court", None)
    erasure.approve(store, asked.id, SUPERVISOR, "agreed", 72)
    assert found(engine, holding(engine, 2, NOW)).kept is Kept.GONE


def test_what_was_refused_by_the_partner_was_not_sent(engine: Engine) -> None:
    def refuses(_wire: Wire, _context: SendContext) -> list[Reply]:
        raise Refused("deliver.rejected", "status 422")

    close(engine, 1)
    engine.archive.behaviour = refuses
    engine.run()
    first = holding(engine, 1)
    holds.review(engine.app.store, engine.app.bench.hub, first.id, CLERK, "they may know")
    holds.approve(engine.app.bench, first.id, SUPERVISOR, "agreed")
    engine.await_(lambda: engine.dead(), "it is dead")
    assert found(engine, holding(engine, 2, NOW)).kept is Kept.NONE


def test_the_console_and_the_command_mask_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    close(engine, 1)
    engine.run()
    release(engine, holding(engine, 1), 1)
    hold = holding(engine, 2, NOW)
    with served(engine.app, WordDoor()) as url, httpx.Client(base_url=url) as browser:
        session(browser)
        path = f"/holds/{hold.id}"
        page = browser.get(path).text
        assert "前回送った内容との違い" in page
        for day in (THEN, NOW):
            assert day not in page
        seen = found(engine, hold)
        number = next(n for n, one in enumerate(seen.differences) if one.path.endswith("birth_date"))
        assert "console.missing" in send(browser, path, f"{path}/difference", field=str(number)).text
        shown = send(browser, path, f"{path}/difference", field=str(number), reason="審査のため").text
        for day in (THEN, NOW):
            assert day in shown
        session(browser, "support")
        assert send(browser, path, f"{path}/difference", field="0", reason="r").status_code == 403
    (row,) = engine.app.store.newest_audit_rows(AuditFilter(act="hold.look"))
    assert "審査のため" in row.text
    assert "birth_date" in row.text

    monkeypatch.setattr(engine.app, "close", lambda: None)
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)
    told = CliRunner().invoke(cli, ["hold", "show", str(hold.id), "--json"])
    assert told.exit_code == 0, told.output
    before = json.loads(told.output)["previous"]
    assert before["kept"] == "shown"
    assert {(one["before"], one["after"]) for one in before["differences"]} == {("●●●●", "●●●●")}
    assert THEN not in told.output
    plain = CliRunner().invoke(cli, ["hold", "show", str(hold.id)], env={"COLUMNS": "240"})
    assert "What differs from what was sent" in plain.output
    assert NOW not in plain.output
    revealed = CliRunner().invoke(cli, ["hold", "show", str(hold.id), "--reveal", "--reason", "r", "--json"])
    one = json.loads(revealed.output)["previous"]["differences"][number]
    assert (one["before"], one["after"]) == (THEN, NOW)
