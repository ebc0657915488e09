"""`renkei status`: what a publisher is told about a message, and what not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.answers import IN_REVIEW
from hub.check_digits import individual_number
from hub.cli.main import cli
from hub.errors import Refused
from hub.ports.holds import HoldState
from hub.ports.persons import PersonRef
from hub.support import fences
from hub.support.progress import Place, progress
from tests.engine import Engine, built, failing, note

ARCHIVE, INTAKE = "delivery.archive", "intake.office"


def disclosing(root: Path) -> None:
    """The archive is outside the city."""
    edge = root / "config/edges/archive.toml"
    edge.write_text(edge.read_text(encoding="utf-8").replace('"internal"', '"discloses"'), encoding="utf-8")


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch, disclosing)


def about(number: int) -> bytes:
    """A note about somebody with an individual number of their own."""
    own = next(text for digit in range(10) if individual_number(text := f"{number:011d}{digit}"))
    return note(number).replace(b"123456789018", own.encode())


def places(engine: Engine, message_id: str) -> dict[str, Place]:
    return {place.hop: place for place in progress(engine.app.store, message_id)}


def test_accepted_and_delivered_however_often_it_came(engine: Engine) -> None:
    engine.run()
    sent = engine.publish(about(2))
    engine.await_ended(ARCHIVE, delivered=1)
    engine.publish(about(2), message_id=sent)
    engine.await_(lambda: len(engine.app.store.trace(sent)) == 3, "the copy is settled")

    found = places(engine, sent)
    assert {hop: place.state for hop, place in found.items()} == {INTAKE: "accepted", ARCHIVE: "delivered"}
    assert all(place.code is None for place in found.values())


def test_refused_with_code_rule_and_line_and_nothing_of_the_body(engine: Engine, tmp_path: Path) -> None:
    engine.run()
    sent = engine.publish(about(3).replace(b"<sex>1", b"<sex>secret9"))
    engine.await_(engine.dead, "it is dead")

    place = places(engine, sent)[INTAKE]
    assert (place.state, place.code, place.line) == ("refused", "validate.schema", 6)
    assert place.rule is not None
    assert "is not one of 1, 2" in place.rule
    told = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "status", sent], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert "validate.schema" in told.output
    assert "secret9" not in told.output
    (plain,) = json.loads(CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "status", sent, "--json"]).output)
    assert plain["line"] == 6
    assert plain["next_step"]


def test_a_target_that_refuses_is_dead_there_and_accepted_here(engine: Engine) -> None:
    engine.archive.behaviour = failing(Refused("deliver.rejected", "no"), 1)
    engine.run()
    sent = engine.publish(about(4))
    engine.await_(engine.dead, "it is dead")
    found = places(engine, sent)
    assert found[INTAKE].state == "accepted"
    assert (found[ARCHIVE].state, found[ARCHIVE].code) == ("dead", "deliver.rejected")


def test_what_is_held_is_in_review_and_nobody_learns_why(engine: Engine, tmp_path: Path) -> None:
    # Given: a protected person
    person = PersonRef("subject", (engine.app.sealer.alias("addressee_number", f"{1:015d}"),))
    fences.close(engine.app.store, person, "", "domestic_violence", "a clerk")
    engine.run()
    sent = engine.publish(about(1))
    engine.await_(lambda: engine.app.store.holds([HoldState.OPEN]), "it is held")

    place = places(engine, sent)[ARCHIVE]
    assert (place.state, place.code, place.rule) == (IN_REVIEW, None, None)
    told = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "status", sent, "--json"])
    assert "fence" not in told.output
    assert "protect" not in told.output


def test_what_was_never_taken_in_is_said_so(engine: Engine, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "status", "nothing"])
    assert told.exit_code == 5
    assert "publishing again" in told.output
