"""Break-glass: support sees a value for a while, everybody sees that they may, and it ends by the clock or by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from hub.cli import who as at_keyboard
from hub.cli.main import cli
from hub.metrics import Metrics
from hub.ports.accounts import RIGHTS, Role
from hub.ports.audit import AuditFilter
from hub.support import accounts, emergencies
from hub.support.accounts import Terms
from tests.doors import WordDoor, served
from tests.engine import Engine, built, note
from tests.integration.test_console import send, session
from tests.integration.test_replay_plans import refusing

HOUR_US = 3_600_000_000
DAY = "2019-04-01"
REVEAL = "/letters/1/reveal"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    for engine in built(request, tmp_path, monkeypatch):
        engine.archive.behaviour = refusing()
        engine.run()
        engine.publish(note())
        engine.await_(lambda engine=engine: len(engine.dead()) == 1, "it is dead")
        yield engine


@pytest.fixture
def browser(engine: Engine) -> Iterator[httpx.Client]:
    with served(engine.app, WordDoor()) as url, httpx.Client(base_url=url) as made:
        yield made


def begin(browser: httpx.Client, **fields: str) -> httpx.Response:
    return send(
        browser, "/emergencies", "/emergencies", **({"reason": "病院からの至急の照会", "minutes": "５"} | fields)
    )


def reveal(browser: httpx.Client) -> httpx.Response:
    return send(browser, "/letters/1", REVEAL, field="4", reason="至急の照会")


def passes(monkeypatch: pytest.MonkeyPatch, microseconds: int) -> None:
    """Time, for all that asks when an emergency is open."""
    later = emergencies.now_us() + microseconds
    monkeypatch.setattr(emergencies, "now_us", lambda: later)


@pytest.mark.rule("R47", "R64")
def test_support_sees_values_for_a_while_and_everybody_sees_that(
    browser: httpx.Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an account of the support staff, which shows no values
    When its person begins emergency access
    Then one field is shown for a reason, every screen of everybody says so, and with the time it is over
    """
    session(browser, "support")
    assert reveal(browser).status_code == 403
    assert begin(browser).headers["location"].startswith("/emergencies")
    shown = reveal(browser)
    assert shown.status_code == 200
    assert 'class="value"' in shown.text

    for role in Role:
        session(browser, role.value)
        for path in ("/", "/cases", "/letters/999"):
            text = browser.get(path).text
            assert "supportさんが緊急閲覧中です" in text, (role, path)
            assert "病院からの至急の照会" in text
            assert 'role="status"' in text
    metrics = Metrics()
    engine.app.refresh(metrics)
    assert metrics.registry.get_sample_value("renkei_emergencies_open") == 1
    begun, looked = (
        engine.app.store.newest_audit_rows(AuditFilter(act=act)) for act in ("emergency.begin", "reveal.field")
    )
    assert [len(begun), len(looked)] == [1, 1]
    assert "病院からの至急の照会" in begun[0].text
    assert '"actor":"support"' in looked[0].text

    passes(monkeypatch, HOUR_US)
    session(browser, "support")
    assert reveal(browser).status_code == 403
    assert "緊急閲覧中です" not in browser.get("/").text


def test_it_is_ended_by_its_person_or_by_who_reads_the_record_and_by_nobody_else(browser: httpx.Client) -> None:
    session(browser, "support")
    begin(browser)
    assert "emergency.state" in begin(browser).text, "one at a time"
    session(browser, "reviewer")
    assert send(browser, "/", "/emergencies/1/end").status_code == 403
    session(browser, "privacy_officer")
    assert send(browser, "/", "/emergencies/1/end").status_code == 303
    assert "emergency.state" in send(browser, "/", "/emergencies/1/end").text
    assert "emergency.unknown" in send(browser, "/", "/emergencies/9/end").text
    session(browser, "support")
    assert reveal(browser).status_code == 403
    assert "privacy_officerが終了" in browser.get("/emergencies").text
    begin(browser)
    assert send(browser, "/", "/emergencies/2/end").status_code == 303
    assert reveal(browser).status_code == 403


def test_it_takes_a_reason_and_a_bounded_time(browser: httpx.Client) -> None:
    session(browser, "support")
    assert "console.missing" in begin(browser, reason="").text
    for minutes in ("0", "61"):
        assert "emergency.minutes" in begin(browser, minutes=minutes).text
    assert "console.number" in begin(browser, minutes="soon").text
    assert "緊急閲覧の記録はありません" in browser.get("/emergencies").text


def test_no_other_role_can_begin_one_and_it_gives_others_nothing(browser: httpx.Client) -> None:
    for role in set(Role) - {Role.SUPPORT}:
        session(browser, role.value)
        assert begin(browser).status_code == 403, role
    session(browser, "support")
    begin(browser)
    session(browser, "operator")
    assert reveal(browser).status_code == 403
    assert emergencies.GIVES.isdisjoint(RIGHTS[Role.SUPPORT])


@pytest.fixture
def renkei(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.setattr(engine.app, "close", lambda: None)  # the commands' own would end the engine's broker
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)
    store, sealer = engine.app.store, engine.app.sealer
    for name, role in (("clerk", Role.SUPPORT), ("officer", Role.PRIVACY_OFFICER), ("watch", Role.OPERATOR)):
        accounts.create(store, sealer, name, name, Terms(frozenset({role})), "root", "joined")

    def run(who: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(at_keyboard, "account", lambda: who)
        done = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "240"})
        return done.exit_code, done.output

    return run


def test_the_commands_do_the_same(renkei: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    show = ("hold", "show", "1", "--reveal", "--reason", "r")
    assert "access.denied" in renkei("clerk", *show)[1]
    assert "access.denied" in renkei("watch", "emergency", "begin", "--reason", "r")[1]
    code, text = renkei(
        "clerk", "emergency", "begin", "--reason", "urgent", "--ticket", "T-9", "--minutes", "5", "--json"
    )
    made = json.loads(text)
    assert (code, made["who"], made["open"], made["until"] - made["at"]) == (0, "clerk", True, 300_000_000)
    assert "hold.unknown" in renkei("clerk", *show)[1], "the right is there, the hold is not"
    [listed] = json.loads(renkei("watch", "emergency", "list", "--json")[1])
    assert listed == made
    assert "access.denied" in renkei("watch", "emergency", "end", str(made["id"]))[1]
    assert renkei("officer", "emergency", "end", str(made["id"]))[0] == 0
    assert "access.denied" in renkei("clerk", *show)[1]
    assert json.loads(renkei("watch", "emergency", "list", "--json")[1]) == []
    [kept] = json.loads(renkei("watch", "emergency", "list", "--all", "--json")[1])
    assert (kept["ended_by"], kept["open"]) == ("officer", False)
