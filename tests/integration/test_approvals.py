"""Discards and large or protected replays wait for a second person, who agrees to exactly what would be done."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from hub.check_digits import individual_number
from hub.cli import case as commands_case
from hub.cli import connector as commands_connector
from hub.cli import dead as commands_dead
from hub.cli import edit as commands_edit
from hub.cli import erase as commands_erase
from hub.cli import fence as commands_fence
from hub.cli import messages as commands_messages
from hub.cli import replay as commands_replay
from hub.cli import rights
from hub.cli import status as commands_status
from hub.cli import top as commands_top
from hub.cli import who as at_keyboard
from hub.cli.main import cli
from hub.cli.output import EXIT_ASKED, EXIT_REFUSED
from hub.errors import Refused
from hub.ports.accounts import RIGHTS, Actor, Right, Role
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.holds import HoldState
from hub.ports.persons import PersonRef
from hub.ports.plans import NewPlan, PlanState
from hub.ports.requests import RequestState
from hub.ports.store import DeadFilter
from hub.sandbox.faults.replayer import Replayer
from hub.support import approvals, clearance, fences, holds, plans, runs
from hub.support.reconcile import reconcile
from tests.engine import Engine, built, note
from tests.small_home import edit

ARCHIVE = "delivery.archive"
CLERK, SUPERVISOR = "clerk", "supervisor"
ASKING = Actor(CLERK, frozenset({Right.DISCARD, Right.REPLAY}))
EVERYTHING = Actor(SUPERVISOR, frozenset(Right))
LETTERS = 5
ALONE = 3


def disclosing(root: Path) -> None:
    """The archive is outside the city."""
    edit(root / "config/edges/archive.toml", '"internal"', '"discloses"')


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    for engine in built(request, tmp_path, monkeypatch, disclosing):
        engine.app.settings = engine.app.settings.model_copy(update={"replay_alone": ALONE})
        yield engine


@dataclass(frozen=True)
class Done:
    code: int
    text: str

    @property
    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.text)
        return found


Renkei = Callable[..., Done]
Limits = dict[str, frozenset[str]]


@pytest.fixture
def renkei(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Renkei:
    monkeypatch.setattr(engine.app, "close", lambda: None)  # the commands' own would end the engine's broker
    monkeypatch.setattr(sys.modules["hub.cli.main"], "App", lambda _root: engine.app)

    def run(who: str, *arguments: str) -> Done:
        monkeypatch.setattr(at_keyboard, "account", lambda: who)
        done = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "240"})
        return Done(done.exit_code, done.output)

    return run


def about(number: int) -> bytes:
    """A note about somebody with an individual number of their own: who shares one is one person."""
    own = next(text for digit in range(10) if individual_number(text := f"{number:011d}{digit}"))
    return note(number, **{"123456789018": own})


def refusing(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
    raise Refused("deliver.rejected", "status 422")


def healed(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
    return ()


@pytest.fixture
def letters(engine: Engine) -> list[int]:
    engine.archive.behaviour = refusing
    engine.run()
    for number in range(1, LETTERS + 1):
        engine.publish(about(number))
    engine.await_(lambda: len(engine.dead(hop=ARCHIVE)) == LETTERS, "all are dead")
    engine.archive.behaviour = healed
    return [one.id for one in engine.dead(hop=ARCHIVE)]


def planned(engine: Engine, ids: Sequence[int] | None = None) -> int:
    where = DeadFilter(hop=ARCHIVE) if ids is None else DeadFilter(ids=tuple(ids))
    return plans.create(engine.app.store, engine.app.bench.hub, NewPlan(where, CLERK, "healed")).id


def run_plan(engine: Engine, plan_id: int) -> PlanState:
    states = [PlanState.PLANNED, PlanState.RUNNING]
    return runs.run(engine.app.bench, plan_id, states, lambda _found: None, runs.Pace(3.0, 2_000_000)).plan.state


def state(engine: Engine, request_id: int) -> RequestState:
    return approvals.found(engine.app.store, request_id).state


# --- discards


def test_a_discard_is_asked_for_and_done_when_another_agrees(
    engine: Engine, renkei: Renkei, letters: list[int]
) -> None:
    """Given dead letters
    When one asks to discard two of them and another agrees
    Then nothing is closed before, both after, in the name of both; the books match
    """
    chosen = [str(one) for one in letters[:2]]

    asked = renkei(CLERK, "dead", "discard", *chosen, "--reason", "sent anew", "--ticket", "T-1", "--json")

    assert asked.code == EXIT_ASKED
    number = str(asked.json["request"])
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS
    again = renkei(CLERK, "dead", "discard", *reversed(chosen), "--reason", "sent anew", "--json")
    assert str(again.json["request"]) == number, "the same is not asked for twice"
    own = renkei(CLERK, "approval", "approve", number, "--reason", "mine")
    assert (own.code, "approval.same_person" in own.text) == (EXIT_REFUSED, True)
    assert "approval.same_person" in renkei(CLERK, "approval", "refuse", number, "--reason", "mine").text
    [waiting] = json.loads(renkei(SUPERVISOR, "approval", "list", "--json").text)
    assert (waiting["kind"], waiting["id"], waiting["who"], waiting["ticket"], waiting["yours"]) == (
        "discard", number, CLERK, "T-1", False,
    )  # fmt: skip
    shown = renkei(SUPERVISOR, "approval", "show", number, "--json").json
    assert [str(one["id"]) for one in shown["letters"]] == chosen  # type: ignore[attr-defined]

    assert "discarded: 2" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "right").text

    assert len(engine.dead(hop=ARCHIVE)) == LETTERS - 2
    letter = engine.app.store.dead_letter(letters[0])
    assert letter is not None
    assert (letter.state, letter.closed_by) == ("discarded", CLERK)
    assert letter.closed_reason == f"sent anew (request {number}, agreed by {SUPERVISOR})"
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches
    assert "approval.state" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "again").text
    assert json.loads(renkei(SUPERVISOR, "approval", "list", "--json").text) == []
    [kept] = json.loads(renkei(SUPERVISOR, "approval", "list", "--state", "all", "--json").text)
    assert (kept["state"], kept["decided_by"], kept["decided_reason"]) == ("done", SUPERVISOR, "right")


def test_what_has_changed_since_is_not_agreed_to(engine: Engine, renkei: Renkei, letters: list[int]) -> None:
    asked = renkei(CLERK, "dead", "discard", *map(str, letters), "--reason", "sent anew", "--json")
    number = str(asked.json["request"])
    assert renkei(CLERK, "dead", "replay", str(letters[0]), "--reason", "healed", "--yes").code == 0

    late = renkei(SUPERVISOR, "approval", "approve", number, "--reason", "right")

    assert (late.code, "approval.letter" in late.text) == (EXIT_REFUSED, True)
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS - 1
    assert state(engine, int(number)) is RequestState.OPEN


def test_a_discard_that_was_interrupted_goes_on(
    engine: Engine, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = approvals.ask_discard(engine.app.bench, letters, ASKING, "sent anew")
    original, count = engine.app.store.discard, iter(range(LETTERS))

    def struck(dead_id: int, who: str, reason: str) -> bool:
        if next(count) == 2:
            raise KeyboardInterrupt
        return original(dead_id, who, reason)

    monkeypatch.setattr(engine.app.store, "discard", struck)
    with pytest.raises(KeyboardInterrupt):
        approvals.approve(engine.app.bench, request.id, EVERYTHING, "right")
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS - 2
    monkeypatch.setattr(engine.app.store, "discard", original)

    assert approvals.approve(engine.app.bench, request.id, EVERYTHING, "right") == LETTERS - 2

    assert engine.dead(hop=ARCHIVE) == []
    assert state(engine, request.id) is RequestState.DONE


@pytest.mark.parametrize("decision", ["refuse", "withdraw"])
def test_what_is_refused_or_withdrawn_is_not_done(
    engine: Engine, renkei: Renkei, letters: list[int], decision: str
) -> None:
    number = str(renkei(CLERK, "dead", "discard", str(letters[0]), "--reason", "r", "--json").json["request"])
    if decision == "withdraw":
        assert "approval.not_yours" in renkei(SUPERVISOR, "approval", "withdraw", number, "--reason", "no").text
    who = SUPERVISOR if decision == "refuse" else CLERK

    assert renkei(who, "approval", decision, number, "--reason", "no").code == 0

    assert "approval.state" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "late").text
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS
    anew = renkei(CLERK, "dead", "discard", str(letters[0]), "--reason", "r", "--json").json["request"]
    assert str(anew) != number


def test_a_request_expires(engine: Engine, letters: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    request = approvals.ask_discard(engine.app.bench, letters[:1], ASKING, "sent anew")
    assert request.expires_at - request.at == 72 * 3_600_000_000
    monkeypatch.setattr(approvals, "now_us", lambda: request.expires_at)

    with pytest.raises(Refused, match=r"approval\.state.*expired"):
        approvals.approve(engine.app.bench, request.id, EVERYTHING, "late")

    assert approvals.waiting(engine.app.store, engine.app.registry, EVERYTHING) == []
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS
    assert approvals.ask_discard(engine.app.bench, letters[:1], ASKING, "sent anew").id != request.id


# --- replays


def test_a_plan_of_many_is_run_after_another_has_agreed(engine: Engine, renkei: Renkei, letters: list[int]) -> None:
    sent = len(engine.archive.effects)
    plan = planned(engine)

    asked = renkei(CLERK, "replay", "run", str(plan), "--yes", "--ticket", "T-2", "--json")

    assert asked.code == EXIT_ASKED
    number = str(asked.json["request"])
    assert len(engine.archive.effects) == sent
    with pytest.raises(Refused, match=r"approval\.needed"):
        run_plan(engine, plan)
    assert renkei(CLERK, "replay", "resume", str(plan), "--yes", "--json").code != 0
    shown = renkei(SUPERVISOR, "approval", "show", number, "--json").json
    assert (shown["count"], shown["prospects"], shown["purpose"], shown["ticket"]) == (
        LETTERS, {"deliver": LETTERS}, "healed", "T-2",
    )  # fmt: skip
    assert f"renkei replay run {plan}" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "right").text
    assert len(engine.archive.effects) == sent, "agreeing sends nothing"
    assert "approval.state" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "again").text

    assert renkei(CLERK, "replay", "run", str(plan), "--yes", "--json").code == 0

    assert len(engine.archive.effects) == sent + LETTERS
    assert state(engine, int(number)) is RequestState.DONE


def test_a_plan_that_one_may_send_alone_asks_nobody(engine: Engine, letters: list[int]) -> None:
    plan = planned(engine, letters[:ALONE])
    assert not clearance.needed(engine.app.bench, plans.known(engine.app.store, plan))
    assert run_plan(engine, plan) is PlanState.DONE
    assert engine.app.store.requests(tuple(RequestState), 0) == []


def test_a_replay_of_many_by_filter_is_handed_over_by_the_approval(
    engine: Engine, renkei: Renkei, letters: list[int]
) -> None:
    asked = renkei(CLERK, "dead", "replay", "--hop", ARCHIVE, "--reason", "healed", "--json")
    assert (asked.code, asked.json["replayed"]) == (EXIT_ASKED, 0)
    number = str(asked.json["request"])
    again = renkei(CLERK, "dead", "replay", *map(str, reversed(letters)), "--reason", "once more", "--json")
    assert (again.code, again.json["request"]) == (EXIT_ASKED, asked.json["request"]), "the same is not asked for twice"
    assert len(engine.app.store.plans()) == 1

    assert f"replayed: {LETTERS}" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "right").text

    engine.await_(lambda: len(engine.archive.effects) == LETTERS, "all have arrived")
    assert engine.dead(hop=ARCHIVE) == []
    assert "approval.state" in renkei(SUPERVISOR, "approval", "approve", number, "--reason", "again").text


def test_what_is_about_somebody_protected_takes_a_second_person_however_small(
    engine: Engine, renkei: Renkei, letters: list[int]
) -> None:
    """Given one dead letter about somebody protected since
    When it is replayed alone
    Then another person has to agree, and then it is held like any other
    """
    for number in range(1, LETTERS + 1):
        subject = PersonRef("subject", (engine.app.sealer.alias("addressee_number", f"{number:015d}"),))
        fences.close(engine.app.store, subject, "", "stalking", CLERK)
    plan = planned(engine, letters[:1])
    assert clearance.needed(engine.app.bench, plans.known(engine.app.store, plan))
    asked = renkei(CLERK, "dead", "replay", str(letters[0]), "--reason", "healed", "--json")
    assert asked.code == EXIT_ASKED

    renkei(SUPERVISOR, "approval", "approve", str(asked.json["request"]), "--reason", "right")

    engine.await_(lambda: engine.app.store.holds([HoldState.OPEN]), "it is held")
    assert engine.archive.effects == {}


def test_an_approval_is_void_when_other_content_would_be_sent(engine: Engine, letters: list[int]) -> None:
    plan = planned(engine)
    request = approvals.ask_replay(engine.app.bench, plan, ASKING)
    assert approvals.approve(engine.app.bench, request.id, EVERYTHING, "right") is None
    assert engine.stop() == 0
    mapping = engine.app.home.root / "mappings/note.kept--archive.note/v1/mapping.xslt"
    edit(mapping, '<sex><xsl:value-of select="a:sex"/></sex>', "<sex>2</sex>")
    for name in ("registry", "bench"):
        engine.app.__dict__.pop(name)
    engine.run()

    with pytest.raises(Refused, match=r"approval\.needed.*other content"):
        run_plan(engine, plan)

    anew = approvals.ask_replay(engine.app.bench, plan, ASKING)
    assert anew.id != request.id
    approvals.approve(engine.app.bench, anew.id, EVERYTHING, "right again")
    assert run_plan(engine, plan) is PlanState.DONE


def test_a_cancelled_plan_is_not_approved(engine: Engine, letters: list[int]) -> None:
    plan = planned(engine)
    request = approvals.ask_replay(engine.app.bench, plan, ASKING)
    runs.cancel(engine.app.bench, plan)
    with pytest.raises(Refused, match=r"approval\.changed"):
        approvals.approve(engine.app.bench, request.id, EVERYTHING, "right")
    with pytest.raises(Refused, match=r"replay\.state"):
        approvals.ask_replay(engine.app.bench, plan, ASKING)


# --- who


@pytest.mark.parametrize("role", Role)
def test_only_who_may_approve_decides(engine: Engine, letters: list[int], role: Role) -> None:
    request = approvals.ask_discard(engine.app.bench, letters[:1], ASKING, "sent anew")
    actor = Actor(SUPERVISOR, RIGHTS[role])
    listed = approvals.waiting(engine.app.store, engine.app.registry, actor)
    if Right.APPROVE in RIGHTS[role]:
        assert [one.id for one in listed] == [str(request.id)]
        assert approvals.approve(engine.app.bench, request.id, actor, "right") == 1
        return
    assert listed == []
    for decide in (
        lambda: approvals.approve(engine.app.bench, request.id, actor, "right"),
        lambda: approvals.refuse(engine.app.store, engine.app.registry, request.id, actor, "no"),
    ):
        with pytest.raises(Refused, match=r"access\.denied"):
            decide()
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS


@pytest.mark.parametrize("role", Role)
def test_only_who_may_do_it_asks_for_it(engine: Engine, letters: list[int], role: Role) -> None:
    actor, plan = Actor("another", RIGHTS[role]), planned(engine)
    for right, ask in (
        (Right.DISCARD, lambda: approvals.ask_discard(engine.app.bench, letters[:1], actor, "sent anew")),
        (Right.REPLAY, lambda: approvals.ask_replay(engine.app.bench, plan, actor)),
    ):
        if right in RIGHTS[role]:
            assert ask().who == "another"
        else:
            with pytest.raises(Refused, match=r"access\.denied"):
                ask()


@pytest.mark.parametrize(
    ("limits", "sees"),
    [
        ({"partners": frozenset({"archive"})}, True),
        ({"partners": frozenset({"desk"})}, False),
        ({"flows": frozenset({"F2"})}, True),
        ({"flows": frozenset({"F16"})}, False),
    ],
)
@pytest.mark.rule("R17")
def test_r17_what_belongs_to_others_is_not_there(
    engine: Engine, letters: list[int], limits: dict[str, frozenset[str]], sees: bool
) -> None:
    request = approvals.ask_discard(engine.app.bench, letters[:1], ASKING, "sent anew")
    actor = Actor(SUPERVISOR, frozenset(Right), **limits)
    assert bool(approvals.waiting(engine.app.store, engine.app.registry, actor)) is sees
    other = Actor("another", frozenset(Right), **limits)
    if sees:
        assert approvals.ask_discard(engine.app.bench, letters[1:2], other, "sent anew").who == "another"
        return
    with pytest.raises(Refused, match=r"access\.denied"):
        approvals.approve(engine.app.bench, request.id, actor, "right")
    with pytest.raises(Refused, match=r"access\.denied"):
        approvals.look(engine.app.store, engine.app.registry, request.id, actor)
    with pytest.raises(Refused, match=r"access\.denied"):
        approvals.ask_discard(engine.app.bench, letters[1:2], other, "sent anew")


@pytest.mark.rule("R17")
@pytest.mark.parametrize("limits", [{"partners": frozenset({"desk"})}, {"flows": frozenset({"F16"})}])
def test_letters_and_cases_of_others_are_not_there(
    engine: Engine, renkei: Renkei, letters: list[int], monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    [case] = json.loads(renkei(CLERK, "case", "list", "--json").text)
    trace = engine.app.store.dead_letter(letters[0]).message_id  # type: ignore[union-attr]
    plan = str(planned(engine))
    for module in (
        commands_case, commands_connector, commands_dead, commands_edit, commands_erase, commands_fence,
        commands_messages, commands_replay, commands_status, commands_top, rights,
    ):  # fmt: skip
        monkeypatch.setattr(module, "acting", lambda _app: Actor(CLERK, frozenset(Right), **limits))
    dead_id, reason = str(letters[0]), ("--reason", "r")

    for nothing in (("case", "list"), ("dead", "list")):
        assert json.loads(renkei(CLERK, *nothing, "--json").text) == []
    assert "case.unknown" in renkei(CLERK, "case", "show", case["case_id"]).text
    assert "case.unknown" in renkei(CLERK, "case", "take", case["case_id"]).text
    assert "no dead letter" in renkei(CLERK, "dead", "show", dead_id).text
    assert "edit.letter" in renkei(CLERK, "dead", "fields", dead_id).text
    assert "access.denied" in renkei(CLERK, "dead", "discard", dead_id, *reason, "--yes").text
    assert "edit.letter" in renkei(CLERK, "edit", "propose", dead_id, *reason, "--field", "/x").text
    assert "no such message" in renkei(CLERK, "trace", trace).text
    assert "not taken in yet, or never received" in renkei(CLERK, "status", trace).text
    top = json.loads(renkei(CLERK, "top", "--json").text)
    assert "archive" not in [one["name"] for one in top["lines"]]
    assert set(top["doors"]) <= limits.get("partners", frozenset(engine.app.registry.partners))
    assert {one["flow"] for one in top["flows"]} <= limits.get("flows", frozenset())
    assert "replay.nothing" in renkei(CLERK, "replay", "plan", dead_id, *reason).text
    assert renkei(CLERK, "dead", "replay", dead_id, *reason, "--yes").code == EXIT_REFUSED
    assert int(plan) not in [one["id"] for one in json.loads(renkei(CLERK, "replay", "list", "--json").text)]
    for act in ("show", "pause", "cancel", "run", "resume"):
        assert "replay.unknown" in renkei(CLERK, "replay", act, plan).text, act
    assert ARCHIVE.partition(".")[2] not in renkei(CLERK, "connector", "list", "--json").text
    for act in ("pause", "drain"):
        assert "access.denied" in renkei(CLERK, "connector", act, "archive", *reason).text
    assert not engine.app.store.circuit("archive").paused
    for everything in (("fence", "list"), ("fence", "history", "m"), ("erase", "list"), ("erase", "ask", *reason)):
        assert "access.denied" in renkei(CLERK, *everything).text, everything
    assert len(engine.dead(hop=ARCHIVE)) == LETTERS


@pytest.mark.rule("R17")
def test_holds_are_counted_for_those_whose_they_are(engine: Engine, letters: list[int]) -> None:
    for number in range(1, LETTERS + 1):
        subject = PersonRef("subject", (engine.app.sealer.alias("addressee_number", f"{number:015d}"),))
        fences.close(engine.app.store, subject, "", "stalking", CLERK)
        engine.publish(about(number).replace(b">1<", b">2<"))
    engine.await_(lambda: len(engine.app.store.holds([HoldState.OPEN])) == LETTERS, "all are held")
    store, registry = engine.app.store, engine.app.registry

    def counted(**limits: frozenset[str]) -> list[tuple[str, str, int, int]]:
        return holds.totals(store, registry, Actor(CLERK, frozenset(Right), **limits))

    assert counted() == store.hold_counts()
    assert [count for _hop, _code, count, _at in counted()] == [LETTERS]
    assert counted(partners=frozenset({"archive"})) == counted()
    assert counted(partners=frozenset({"desk"})) == counted(flows=frozenset({"F16"})) == []


def test_the_fault_harness_has_a_second_person(engine: Engine, renkei: Renkei, letters: list[int]) -> None:
    asked = renkei(CLERK, "dead", "replay", "--hop", ARCHIVE, "--reason", "healed", "--json")
    number = int(str(asked.json["request"]))
    harness = Replayer(SimpleNamespace(app=engine.app, letters_to_replay=lambda _refused: []), {})  # type: ignore[arg-type]

    assert not harness.replay()

    assert state(engine, number) is RequestState.DONE
    engine.await_(lambda: len(engine.archive.effects) == LETTERS, "all have arrived")


def test_bad_input(engine: Engine, renkei: Renkei, letters: list[int]) -> None:
    assert "approval.letter" in renkei(CLERK, "dead", "discard", "999", "--reason", "r", "--yes").text
    for act in ("show", "approve", "refuse", "withdraw"):
        reason = () if act == "show" else ("--reason", "r")
        assert "approval.unknown" in renkei(SUPERVISOR, "approval", act, "99", *reason).text
