"""F27 by command: planned, confirmed, accepted; refused with a card where it does not fit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.app import App
from hub.cli import retention as commands
from hub.cli.main import cli
from hub.clock import now_us
from hub.ports.store import DeadFilter
from tests.contract.store.samples import dead, new_id

LONG_AGO = 400 * 86_400_000_000


@pytest.fixture
def renkei(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setattr(commands, "account", lambda: "clerk")

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), *arguments], env={"COLUMNS": "200"})
        return f"{done.exit_code} {done.output}"

    assert run("init", "--sandbox", "--amqp-url", "memory://").startswith("0 ")
    return run


@pytest.mark.rule("R61")
def test_r61_listed_confirmed_deleted_and_the_result_confirmed(
    renkei: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a dead letter closed more than a year ago, and one closed today"""
    app = App(tmp_path / "home")
    for closed_at in (now_us() - LONG_AGO, now_us()):
        app.store.settle([dead(message := new_id())])
        [letter] = app.store.dead_letters(DeadFilter(message_id=message))
        monkeypatch.setattr("hub.store.dead_letters.now_us", lambda at=closed_at: at)
        assert app.store.discard(letter.id, "clerk", "sent anew")
    assert "retention.nothing" in renkei("retention", "plan", "--days", "1000")

    planned = renkei("retention", "plan", "--json")
    batch = json.loads(planned[2:])
    assert (batch["state"], batch["targets"]["dead_letters"]) == ("listed", 1)
    number = str(batch["id"])
    assert "retention.state" in renkei("retention", "accept", number, "--note", "too early")
    assert json.loads(renkei("retention", "confirm", number, "--json")[2:])["state"] == "deleted"
    assert renkei("retention", "accept", number, "--note", "1 listed, 0 left").startswith("0 ")

    assert len(app.store.dead_letters(DeadFilter(state=None))) == 1
    states = {one["state"] for one in json.loads(renkei("retention", "list", "--json")[2:])}
    assert states == {"accepted", "cancelled"}
    assert "retention.unknown" in renkei("retention", "show", "99")
    app.close()
