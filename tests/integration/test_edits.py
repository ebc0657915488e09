"""A dead letter is corrected by two persons: the correction arrives once, the original never."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import edit as edit_commands
from hub.cli.main import cli
from hub.errors import BrokerUnavailable, Refused
from hub.ports.accounts import RIGHTS, Actor, Role
from hub.ports.broker import PublishOutcome
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.edits import EditState
from hub.ports.store import DeadLetter
from hub.support import edits
from hub.support.differences import Difference
from hub.support.edits import Draft
from hub.support.reconcile import reconcile
from tests.engine import Engine, built, note

ARCHIVE = "delivery.archive"
WRONG, RIGHT = "2019-04-01", "2019-04-02"
FIELD = "/note/birth_date"


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path, monkeypatch)


def refuses(text: str) -> Callable[[Wire, SendContext], Sequence[Reply]]:
    """A partner that refuses whatever has this text."""

    def behave(wire: Wire, _context: SendContext) -> Sequence[Reply]:
        if text.encode() in wire.content:
            raise Refused("deliver.rejected", "status 422")
        return ()

    return behave


def buried(engine: Engine, body: bytes, hop: str = ARCHIVE) -> DeadLetter:
    engine.publish(body)
    engine.await_(lambda: len(engine.dead(hop=hop)) == 1, "it is dead")
    return engine.dead(hop=hop)[0]


def draft(letter: DeadLetter, **changes: object) -> Draft:
    given: dict[str, object] = {"values": {FIELD: RIGHT}} | changes
    return Draft(letter.id, "clerk", "the wrong day", **given)  # type: ignore[arg-type]


def propose(engine: Engine, letter: DeadLetter, **changes: object) -> int:
    return edits.propose(engine.app.store, engine.app.bench.hub, draft(letter, **changes)).id


def books_match(engine: Engine) -> bool:
    return reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_the_correction_arrives_once_and_the_original_never(engine: Engine) -> None:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    letter = buried(engine, note())
    edit_id = propose(engine, letter)
    assert edits.look(engine.app.store, engine.app.bench.hub, edit_id, "to approve") == [
        Difference(FIELD, WRONG, RIGHT)
    ]
    with pytest.raises(Refused, match=r"edit\.same_person"):
        edits.approve(engine.app.bench, edit_id, "clerk", "mine is right")
    assert engine.archive.order == [], "nothing went out for a proposal"

    edits.approve(engine.app.bench, edit_id, "supervisor", "as the register has it")

    engine.await_(lambda: books_match(engine), "the books match")
    engine.await_ended(ARCHIVE, delivered=1, replaced=1)
    assert [RIGHT.encode() in body for body in engine.archive.order] == [True]
    assert engine.dead(state=None)[0].state == "edited"
    trace = [(each.message_id == letter.message_id, each.outcome) for each in engine.app.store.trace(letter.message_id)]
    assert {(True, "dead"), (True, "replaced"), (False, "delivered")} <= set(trace), "one flow shows both"
    edit = engine.app.store.edit(edit_id)
    assert edit is not None
    assert edit.state is EditState.SENT


def test_approved_again_after_the_broker_failed_it_goes_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    edit_id = propose(engine, buried(engine, note()))
    bench = engine.app.bench
    publish = bench.broker.publish
    monkeypatch.setattr(bench.broker, "publish", lambda batch: [PublishOutcome.REFUSED for _ in batch])
    with pytest.raises(BrokerUnavailable):
        edits.approve(bench, edit_id, "supervisor", "right")
    monkeypatch.setattr(bench.broker, "publish", publish)
    assert engine.dead(state=None)[0].state == "edited", "the original is closed: only the edit can go"

    edits.approve(bench, edit_id, "supervisor", "right")

    engine.await_ended(ARCHIVE, delivered=1, replaced=1)
    assert len(engine.archive.order) == 1
    with pytest.raises(Refused, match=r"edit\.state"):
        edits.approve(bench, edit_id, "supervisor", "again")


def test_at_intake_a_document_that_cannot_be_read_is_replaced_whole(engine: Engine) -> None:
    engine.run()
    letter = buried(engine, note()[:-5], hop="intake.office")
    with pytest.raises(Refused, match=r"validate\.xml"):
        propose(engine, letter)

    edit_id = propose(engine, letter, values=None, content=note())

    seen = edits.look(engine.app.store, engine.app.bench.hub, edit_id, "to approve")
    assert {one.path for one in seen} == {""}
    edits.approve(engine.app.bench, edit_id, "supervisor", "as they wrote to us")
    engine.await_ended("intake.office", forwarded=1, replaced=1)
    engine.await_ended(ARCHIVE, delivered=1)


def test_what_todays_rules_refuse_is_not_kept(engine: Engine) -> None:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    letter = buried(engine, note())
    for changes, code in (
        ({"values": {FIELD: "yesterday"}}, "validate.schema"),
        ({"values": {FIELD: WRONG}}, "edit.same"),
        ({"values": {"/note/nothing": "x"}}, "edit.field"),
        ({"values": None, "content": b"\xff"}, "validate.xml"),
    ):
        with pytest.raises(Refused) as refused:
            propose(engine, letter, **changes)
        assert refused.value.code == code
        assert "yesterday" not in str(refused.value)
    assert engine.app.store.edits(tuple(EditState)) == []
    propose(engine, letter)
    with pytest.raises(Refused, match=r"edit\.letter"):
        propose(engine, letter)


def test_by_command_the_values_come_from_standard_input_and_show_only_with_a_reason(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    letter = buried(engine, note())
    runner = CliRunner()

    def renkei(who: str, *arguments: str, stdin: str = "") -> str:
        monkeypatch.setattr(edit_commands, "account", lambda: who)
        done = runner.invoke(cli, ["--home", str(engine.app.home.root), *arguments], input=stdin)
        return f"{done.exit_code} {done.output}"

    monkeypatch.setattr(engine.app, "close", lambda: None)  # the commands' own would end the engine's broker
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)
    assert FIELD in renkei("clerk", "dead", "fields", str(letter.id))
    made = renkei(
        "clerk", "edit", "propose", str(letter.id), "--field", FIELD, "--reason", "the wrong day", "--json",
        stdin=f"{RIGHT}\n",
    )  # fmt: skip
    assert made.startswith("0 ")
    edit_id = str(json.loads(made[2:])["id"])
    for shown in (renkei("supervisor", "edit", "show", edit_id), renkei("supervisor", "edit", "list")):
        assert shown.startswith("0 ")
        assert RIGHT not in shown
    assert renkei("supervisor", "edit", "show", edit_id, "--reveal").startswith("2 ")
    revealed = renkei("supervisor", "edit", "show", edit_id, "--reveal", "--reason", "to approve", "--json")
    assert json.loads(revealed[2:])["differences"] == [{"path": FIELD, "before": WRONG, "after": RIGHT}]
    assert "edit.same_person" in renkei("clerk", "edit", "approve", edit_id, "--reason", "mine")
    with monkeypatch.context() as colleague:  # may propose edits of their own, and not decide on others'
        colleague.setattr(edit_commands, "acting", lambda _app: Actor("colleague", RIGHTS[Role.SUPPORT]))
        assert "access.denied" in renkei("colleague", "edit", "refuse", edit_id, "--reason", "not mine")
    agreed = renkei("supervisor", "edit", "approve", edit_id, "--reason", "right", "--json")
    assert json.loads(agreed[2:]) == {"id": int(edit_id), "state": "sent"}
    engine.await_ended(ARCHIVE, delivered=1, replaced=1)
    assert "edit.state" in renkei("clerk", "edit", "refuse", edit_id, "--reason", "too late")


def test_what_was_proposed_too_long_ago_is_proposed_anew(engine: Engine) -> None:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    letter = buried(engine, note())
    edit_id = propose(engine, letter)
    forgotten = replace(engine.app.bench, request_hours=0)

    with pytest.raises(Refused, match=r"approval\.state"):
        edits.approve(forgotten, edit_id, "supervisor", "late")

    assert engine.archive.order == []
    edits.refuse(engine.app.store, edit_id, "supervisor", "too old")
    edits.approve(engine.app.bench, propose(engine, letter), "supervisor", "as the register has it")
    engine.await_ended(ARCHIVE, delivered=1, replaced=1)
