"""R70: what lies here about a person is handed out to that person, by the privacy officer alone, on the record."""

import json
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hub.cli import who
from hub.cli.main import cli
from hub.errors import Refused
from hub.ports.accounts import Account, Change, Credentials, Role
from hub.ports.audit import AuditFilter
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.store import SealedBody
from hub.sandbox.process import wait_until
from hub.support.search import aliases
from tests.engine import DEADLINE, Engine, note
from tests.integration.test_record_commands import outside_the_city
from tests.small_home import edit, with_guardians

ARCHIVE = "delivery.archive"
NUMBER, CARD = f"{1:015d}", "123456789018"


def refusing(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
    raise Refused("deliver.rejected", "status 422")


def in_sequence(root: Path) -> None:
    with_guardians(root)
    edit(root / "config/routes/note.toml", 'ordering = "latest"', 'ordering = "sequence"')


@pytest.fixture
def prepare() -> Callable[[Path], None]:
    return outside_the_city


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[Path], None]) -> Iterator[Engine]:
    """Dead letters of two persons, one of them behind another where the order is kept; an officer, one of support."""
    made = Engine(tmp_path / "home", monkeypatch, prepare=prepare)
    made.archive.behaviour = refusing
    made.run()
    made.publish(note(1))
    made.publish(note(1, 2))
    made.publish(note(2, **{CARD: "621498320257"}))
    waiting = lambda: sum(one.waiting for one in made.app.store.balances())  # noqa: E731
    made.await_(lambda: len(made.dead(hop=ARCHIVE)) + waiting() == 3, "all are dead, or wait")
    for name, role in (("officer", Role.PRIVACY_OFFICER), ("helper", Role.SUPPORT)):
        account = Account(name, name, frozenset({role}), frozenset(), frozenset(), False, None, False, 1, "test")
        credentials = Credentials("-", SealedBody("-", b"-"))
        assert made.app.store.create_account(account, credentials, Change(1, "test", "add", "", "test"))
    wait_until(lambda: made.app.store.audit_head().since is None, "the record is signed", DEADLINE)
    yield made
    made.close()


@pytest.fixture
def renkei(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(engine.app, "close", lambda: None)  # the commands' own would end the engine's broker
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)

    def run(name: str, *arguments: str, typed: str = NUMBER) -> Any:
        monkeypatch.setattr(who, "account", lambda: name)
        return CliRunner().invoke(cli, ["audit", "export", *arguments], input=f"{typed}\n")

    return run


@pytest.mark.rule("R70")
def test_bodies_go_into_the_one_file_and_each_is_on_the_record(
    engine: Engine, renkei: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "answer.zip"

    done = renkei("officer", str(file), "--reason", "開示請求 T-1", "--person", "--bodies", "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["bodies"] == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not {one for one in (NUMBER, CARD) if one in done.output}
    with zipfile.ZipFile(file) as packed:
        held = json.loads(packed.read("held.json"))
        rows = json.loads(packed.read("bundle.json"))["rows"]
    assert rows  # the accesses, with their proofs
    assert sorted(one["own"]["/note/history_number"] for one in held) == ["1", "2"]
    assert {one["own"]["/note/individual_number"] for one in held} == {CARD}
    assert all(one["withheld"] == [] and one["problem"] is None for one in held)
    looks = engine.app.store.newest_audit_rows(AuditFilter(act="reveal.body"))
    said = [json.loads(row.text) for row in looks]
    assert {one["what"][0] for one in said} == {one["what"] for one in held}
    assert {(one["actor"], one["purpose"]) for one in said} == {("officer", "開示請求 T-1")}
    written = {
        path for path in tmp_path.rglob("*") if path.is_file() and not {"schemas", "mappings"} & set(path.parts)
    } - {file}
    assert not {path for path in written if NUMBER.encode() in path.read_bytes() or CARD.encode() in path.read_bytes()}


@pytest.mark.rule("R70")
@pytest.mark.parametrize("prepare", [in_sequence])
def test_what_waits_and_names_several_persons_is_in_it(
    engine: Engine, renkei: Callable[..., Any], tmp_path: Path
) -> None:
    """Given a note that waits behind a dead one and names a child and a guardian
    When the guardian asks what is held
    Then both are told, and what is the child's is withheld
    """
    file = tmp_path / "answer.zip"

    done = renkei("officer", str(file), "--reason", "開示請求 T-2", "--person", "--bodies", "--json", typed=CARD)

    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(file) as packed:
        held = json.loads(packed.read("held.json"))
    assert [one["what"].partition(":")[0] for one in held] == ["dead", "waiting"]
    assert all(one["own"] == {"/note/individual_number": CARD} and one["problem"] is None for one in held)
    assert all("/note/addressee_number" in one["withheld"] for one in held)
    said = [json.loads(row.text) for row in engine.app.store.newest_audit_rows(AuditFilter(act="reveal.body"))]
    assert {one["what"][0] for one in said} == {one["what"] for one in held}


@pytest.mark.rule("R70")
@pytest.mark.parametrize("name", ["helper", "nobody"])
def test_nobody_else_may(engine: Engine, renkei: Callable[..., Any], tmp_path: Path, name: str) -> None:
    file = tmp_path / "answer.zip"

    done = renkei(name, str(file), "--reason", "curious", "--person", "--bodies")

    assert done.exit_code != 0
    assert "access." in done.output
    assert not file.exists()
    assert engine.app.store.newest_audit_rows(AuditFilter(act="reveal.body")) == []


@pytest.mark.rule("R70")
def test_without_asking_for_them_no_body_is_in_it(renkei: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "evidence.zip"

    assert renkei("officer", str(file), "--reason", "a court asks", "--person").exit_code == 0

    with zipfile.ZipFile(file) as packed:
        assert "held.json" not in packed.namelist()
    refused = renkei("officer", str(file) + "2", "--reason", "x", "--bodies", "--since", "2020-01-01")
    assert refused.exit_code == 2


@pytest.mark.rule("R70")
def test_a_body_that_cannot_be_opened_is_named_and_the_others_are_told(
    engine: Engine, renkei: Callable[..., Any], tmp_path: Path
) -> None:
    known = engine.app.store.linked(aliases(engine.app.sealer, engine.app.registry, NUMBER))
    spoilt = engine.app.store.bodies_of(known)[0].what
    change = sa.text("UPDATE dead_letters SET ciphertext = :junk WHERE id = :id")
    engine.app.store._database.write(  # type: ignore[attr-defined]
        lambda connection: connection.execute(change, {"junk": b"x" * 40, "id": int(spoilt.partition(":")[2])})
    )
    file = tmp_path / "answer.zip"

    done = renkei("officer", str(file), "--reason", "開示請求", "--person", "--bodies", "--json")

    assert json.loads(done.stdout)["not_told"] == 1
    with zipfile.ZipFile(file) as packed:
        held = {one["what"]: one for one in json.loads(packed.read("held.json"))}
    assert held[spoilt]["problem"] == "receive.unsealable"
    assert held[spoilt]["own"] == {}
    assert [one["problem"] for what, one in held.items() if what != spoilt] == [None]
