"""A person's data is erased by two persons: nothing of it can be read or sent again, and the books still match."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import erase as commands
from hub.cli.main import cli
from hub.errors import Refused
from hub.ports.audit import AuditFilter
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.plans import NewPlan, Prospect
from hub.ports.store import DeadFilter
from hub.seal import Sealer
from hub.support import plans
from hub.support.reconcile import reconcile
from hub.support.search import aliases
from tests.engine import Engine, built, note
from tests.small_home import edit, with_guardians

ARCHIVE = "delivery.archive"
PERSON, OTHER = 1, 2


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path, monkeypatch)


@pytest.fixture
def ordered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A route that keeps the order, and notes that name two persons. Their archive takes no first version."""

    def prepare(root: Path) -> None:
        edit(root / "config/routes/note.toml", 'ordering = "latest"', 'ordering = "sequence"')
        with_guardians(root)

    def no_first_version(wire: Wire, context: SendContext) -> Sequence[Reply]:
        return refusing(wire, context) if b"<history_number>1<" in wire.content else ()

    made = Engine(tmp_path / "home", monkeypatch, prepare=prepare)
    made.archive.behaviour = no_first_version
    yield made
    made.close()


def refusing(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
    raise Refused("deliver.rejected", "status 422")


@pytest.fixture
def renkei(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    engine: Engine = request.getfixturevalue("ordered" if "ordered" in request.fixturenames else "engine")
    monkeypatch.setattr(engine.app, "close", lambda: None)  # the commands' own would end the engine's broker
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)

    def run(who: str, *arguments: str, typed: str = "") -> str:
        monkeypatch.setattr(commands, "account", lambda: who)
        done = CliRunner().invoke(cli, list(arguments), input=typed, env={"COLUMNS": "200"})
        return f"{done.exit_code} {done.output}"

    return run


def test_erased_by_two_persons_and_the_others_keep_theirs(engine: Engine, renkei: Callable[..., str]) -> None:
    """Given dead letters of two persons
    When what lies here about one of them is erased
    Then nothing of it opens, no plan sends it, its messages have ended, and the other's can be sent again.
    """
    engine.archive.behaviour = refusing
    engine.run()
    for number, card in ((PERSON, "123456789018"), (OTHER, "621498320257")):
        for version in (1, 2):
            engine.publish(note(number, version, **{"123456789018": card}))
    engine.await_(lambda: len(engine.dead(hop=ARCHIVE)) == 4, "all are dead")
    ids = {one.id for one in engine.dead(hop=ARCHIVE)}
    asked = renkei("officer", "erase", "ask", "--reason", "asked by the person", "--json", typed=f"{PERSON:015d}\n")
    assert asked.startswith("0 ")
    request = json.loads(asked[2:])
    assert (request["found"]["dead_letters"], request["found"]["unended"]) == (2, 2)
    assert f"{PERSON:015d}" not in asked
    number = str(request["id"])
    assert "erase.same_person" in renkei("officer", "erase", "approve", number, "--reason", "mine", "--yes")

    assert renkei("supervisor", "erase", "approve", number, "--reason", "right", "--yes").startswith("0 erased: 2 dead")

    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches
    assert engine.ends(ARCHIVE) == {"erased": 2}
    open_ = {one.id for one in engine.dead(hop=ARCHIVE)}
    assert len(open_) == 2
    for dead_id in ids - open_:
        _envelope, sealed = engine.app.store.dead_body(dead_id)
        assert sealed.ciphertext == b""
        with pytest.raises(Refused, match=r"receive\.erased"):
            Sealer(engine.app.home.master_key.read_bytes(), engine.app.store).open("x", sealed)
    new = NewPlan(DeadFilter(hop=ARCHIVE), "clerk", "healed")
    plan = plans.create(engine.app.store, engine.app.bench.hub, new)
    assert plans.progress(engine.app.store, plan.id).tally.prospects[Prospect.DELIVER] >= 1
    assert "erase.state" in renkei("supervisor", "erase", "refuse", number, "--reason", "too late")
    listed = renkei("officer", "erase", "list", "--state", "all", "--json")
    assert [one["state"] for one in json.loads(listed[2:])] == ["done"]
    assert "hashes" not in listed


def test_what_waits_behind_a_dead_letter_is_erased_with_each_of_those_it_names(
    ordered: Engine, renkei: Callable[..., str]
) -> None:
    """Given notes of a child that wait behind a dead one; the one in between names another guardian
    When the first guardian's data are erased
    Then what names that guardian has ended, and the one in between goes out
    """
    guardian = "123456789018"
    ordered.run()
    ordered.publish(note(1, 1))
    ordered.publish(note(1, 2, **{guardian: "621498320257"}))
    ordered.publish(note(1, 3))
    waiting = lambda: sum(one.waiting for one in ordered.app.store.balances())  # noqa: E731
    ordered.await_(lambda: ordered.dead(hop=ARCHIVE) and waiting() == 2, "one is dead, two wait")
    numbers = aliases(ordered.app.sealer, ordered.app.registry, guardian)
    [_letter, waits] = ordered.app.store.bodies_of(numbers)
    assert guardian.encode() in ordered.app.sealer.open(json.loads(waits.envelope)["message_id"], waits.body)

    asked = renkei("officer", "erase", "ask", "--reason", "asked by the person", "--json", typed=f"{guardian}\n")
    request = json.loads(asked[2:])
    assert (request["found"]["dead_letters"], request["found"]["waiting"], request["found"]["unended"]) == (1, 1, 2)
    assert renkei("supervisor", "erase", "approve", str(request["id"]), "--reason", "right", "--yes").startswith("0 ")

    ordered.await_ended(ARCHIVE, erased=2, delivered=1)
    assert [b"621498320257" in body for body in ordered.archive.order] == [True]
    assert (waiting(), ordered.app.store.bodies_of(numbers)) == (0, [])
    assert reconcile(ordered.app.store, ordered.app.broker, ordered.app.topology).matches


@pytest.mark.rule("R47", "R70")
def test_whoever_asks_about_a_person_of_whom_nothing_lies_here_is_on_the_record(
    engine: Engine, renkei: Callable[..., str]
) -> None:
    """The answer tells whether the hub knows of a person, so it is a search like any other."""
    number = "000000000000009"

    assert "erase.nothing" in renkei("officer", "erase", "ask", "--reason", "curious", typed=f"{number}\n")

    [row] = engine.app.store.newest_audit_rows(AuditFilter(act="search.person"))
    said = json.loads(row.text)
    searched = {one.hash for one in aliases(engine.app.sealer, engine.app.registry, number)}
    assert (said["purpose"], {hash_ for _, found in said["persons"] for _, hash_ in found}) == ("curious", searched)
    assert number not in row.text


def test_bad_input(engine: Engine, renkei: Callable[..., str]) -> None:
    assert "erase.nothing" in renkei("officer", "erase", "ask", "--reason", "x", typed="000000000000009\n")
    assert "search.number" in renkei("officer", "erase", "ask", "--reason", "x", typed="!\n")
    assert "erase.unknown" in renkei("officer", "erase", "show", "99")
    assert engine.dead() == []
