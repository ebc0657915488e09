"""`renkei fence` and `renkei hold` as staff use them: two accounts, one home."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.app import App
from hub.cli import fence, hold
from hub.cli.main import cli
from hub.cli.output import EXIT_FAILED, EXIT_REFUSED, EXIT_USAGE
from hub.cli.who import account
from hub.doctor import Status, Verdict
from hub.doctor.fence import examine
from hub.envelope import to_json
from hub.message import Message
from hub.ports.fence import Guard
from hub.ports.holds import NewHold
from hub.ports.persons import PersonRef
from hub.ports.store import Progress
from hub.worker.fence_watch import read_position
from tests.contract.store.samples import DELIVERY, new_id, request, settled

HEADER = "source,addressee_number,data_item,reason_class,version,act_number\n"
LINE = "welfare,000000000000123,,stalking,1,KH0001\n"

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    assert CliRunner().invoke(cli, ["--home", str(root), "init", "--sandbox", "--amqp-url", "memory://"]).exit_code == 0
    return root


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as somebody, and expect an exit code."""

    def invoke(who: str, *arguments: str, expect: int = 0, typed: str | None = None) -> Result:
        for module in (fence, hold):
            monkeypatch.setattr(module, "account", lambda: who)
        done = CliRunner().invoke(cli, ["--home", str(home), *arguments], input=typed, env={"COLUMNS": "200"})
        assert done.exit_code == expect, f"{arguments}: {done.output}"
        return done

    return invoke


def listed(tmp_path: Path, *lines: str) -> str:
    file = tmp_path / "list.csv"
    file.write_text(HEADER + "".join(lines), encoding="utf-8")
    return str(file)


def as_json(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_list_loaded_by_one_and_confirmed_by_another(run: Run, home: Path, tmp_path: Path) -> None:
    assert "None" not in run("clerk", "fence", "status", expect=EXIT_FAILED).output
    assert as_json(run("clerk", "fence", "reconcile", listed(tmp_path, LINE), "--json"))["raised"] == 1

    refused = run("clerk", "fence", "complete", expect=EXIT_REFUSED)
    assert "registry.same_person" in refused.stderr
    assert "別の担当者" in refused.stderr
    assert as_json(run("clerk", "fence", "status", "--json", expect=EXIT_FAILED))["ready"] is False
    run("supervisor", "fence", "complete")

    told = as_json(run("clerk", "fence", "status", "--json"))
    assert (told["ready"], told["listed_by"], told["confirmed_by"]) == (True, "clerk", "supervisor")
    seen = read_position(home / "fence-position.json")
    assert seen is not None
    assert seen.position == told["position"] == 3
    # loaded again without somebody: they stay protected, and are named
    (measure,) = as_json(run("clerk", "fence", "list", "--json"))
    again = as_json(run("clerk", "fence", "reconcile", listed(tmp_path), "--json"))
    assert again == {"raised": 0, "already": 0, "missing": [measure["measure"]]}
    assert "run `renkei fence adopt`" in run("supervisor", "fence", "complete").output


def test_a_number_that_nobody_is_known_by_closes_its_edges_and_is_told(run: Run, home: Path, tmp_path: Path) -> None:
    run("clerk", "fence", "reconcile", listed(tmp_path, LINE))
    run("supervisor", "fence", "complete")
    run("clerk", "fence", "raise", "--reason", "stalking", typed="000000000000999\n")

    found = {each["source"]: each["remark"] for each in as_json(run("clerk", "fence", "list", "--json"))}
    assert found["staff"] == "nobody here is known by this number"
    app = App(home)
    told = app.fence_summary()
    app.close()
    assert (sum(told.states.values()), told.unknown) == (2, 1), "a list was compared by two persons"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("number,why\n", "line 1"),
        (HEADER + LINE + LINE.replace("stalking", "gossip"), "line 3: reason_class"),
        (HEADER + LINE.replace("000000000000123", "123"), "line 2: addressee_number"),
        (HEADER + LINE.replace("000000000000123", ""), "line 2: addressee_number"),
        (HEADER + LINE.replace(",,stalking", ",TM1,stalking"), "line 2: data_item"),
        (HEADER + LINE.replace("welfare", "somebody").replace(",1,", ",x,"), "line 2: source, version"),
        (HEADER + LINE.strip() + ",more\n", "line 2: too many columns"),
        (HEADER + "welfare,000000000000123\n", "line 2: reason_class, version, act_number"),
    ],
)
def test_a_list_that_is_not_well_formed_names_line_and_column(run: Run, tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(text, encoding="utf-8")

    refused = run("clerk", "fence", "reconcile", str(file), expect=EXIT_REFUSED)

    assert "registry.list" in refused.stderr
    assert what in refused.stderr
    assert "000000000000123" not in refused.output
    assert "gossip" not in refused.output


def test_a_list_in_another_encoding_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes((HEADER + LINE.replace("KH0001", "決定1")).encode("cp932"))

    assert "not UTF-8" in run("clerk", "fence", "reconcile", str(file), expect=EXIT_REFUSED).stderr


def test_raised_by_one_lifted_in_two_with_the_targets_word(run: Run, tmp_path: Path) -> None:
    run("clerk", "fence", "reconcile", listed(tmp_path))
    run("supervisor", "fence", "complete")
    wrong = run("clerk", "fence", "raise", "--reason", "stalking", typed="12\n", expect=EXIT_REFUSED)
    assert "search.number" in wrong.stderr
    run("clerk", "fence", "raise", "--reason", "gossip", typed="000000000000123\n", expect=EXIT_REFUSED)
    raised = as_json(run("clerk", "fence", "raise", "--reason", "stalking", "--json", typed="000000000000123\n"))
    measure = raised["measure"]
    (shown,) = as_json(run("clerk", "fence", "list", "--json"))
    assert (shown["state"], shown["waits_for"]) == ("raised", "intermediate_server, pmh")

    target = ["--target", "intermediate_server", "--reason", "asked by telephone"]
    other = ["--target", "pmh", "--reason", "never registered there"]
    run("clerk", "fence", "approve", measure, expect=EXIT_REFUSED)  # nobody has asked
    run("clerk", "fence", "confirm", measure, *target)
    (shown,) = as_json(run("clerk", "fence", "list", "--json"))
    assert (shown["state"], shown["waits_for"]) == ("raised", "pmh")
    run("clerk", "fence", "confirm", measure, *other)
    run("clerk", "fence", "lift", measure, "--reason", "over", "--ticket", "T-9")
    (waits,) = as_json(run("supervisor", "approval", "list", "--json"))
    assert (waits["kind"], waits["purpose"], waits["ticket"]) == ("fence", "over", "T-9")
    assert "registry.same_person" in run("clerk", "fence", "approve", measure, expect=EXIT_REFUSED).stderr
    run("clerk", "fence", "confirm", measure, *target, "--cleared", expect=EXIT_REFUSED)
    assert "intermediate_server, pmh" in run("supervisor", "fence", "approve", measure).output
    run("clerk", "fence", "confirm", measure, "--target", "nobody", "--reason", "x", expect=EXIT_REFUSED)
    run("clerk", "fence", "confirm", measure, *target, "--cleared")
    (shown,) = as_json(run("clerk", "fence", "list", "--json"))
    assert (shown["state"], shown["waits_for"]) == ("lifting", "pmh")
    run("clerk", "fence", "confirm", measure, *other, "--cleared")

    assert as_json(run("clerk", "fence", "list", "--json")) == []
    (shown,) = as_json(run("clerk", "fence", "list", "--lifted", "--json"))
    assert shown["state"] == "lifted"
    acts = as_json(run("clerk", "fence", "history", measure, "--json"))
    assert {act["step"]: act["ticket"] for act in acts if act["ticket"]} == {"request": "T-9"}
    assert [(act["step"], act["who"]) for act in acts] == [
        ("raise", "clerk"), ("confirm", "clerk"), ("confirm", "clerk"), ("request", "clerk"),
        ("approve", "supervisor"), ("clear", "clerk"), ("clear", "clerk"), ("lift", "clerk"),
    ]  # fmt: skip
    run("clerk", "fence", "lift", measure, "--reason", "again", expect=EXIT_REFUSED)
    run("clerk", "fence", "history", "unknown", expect=EXIT_REFUSED)
    assert "000000000000123" not in run("clerk", "fence", "list", "--lifted").output


def doctor(home: Path) -> Verdict:
    app = App(home)
    try:
        return examine(app.store, app.home.fence_position, "renkei")
    finally:
        app.close()


def test_a_registry_of_another_past_is_adopted_only_by_hand(run: Run, home: Path, tmp_path: Path) -> None:
    assert doctor(home).status is Status.WARNING
    run("clerk", "fence", "reconcile", listed(tmp_path))
    assert "as another: renkei fence complete" in doctor(home).fix
    run("supervisor", "fence", "complete")
    assert doctor(home).status is Status.OK
    file = home / "fence-position.json"
    file.write_text(file.read_text().replace('"mark": "', '"mark": "0'))
    assert doctor(home).status is Status.FAILED
    assert as_json(run("clerk", "fence", "status", "--json", expect=EXIT_FAILED))["ready"] is False

    run("clerk", "fence", "adopt")

    assert as_json(run("clerk", "fence", "status", "--json"))["ready"] is True
    file.write_text("{")
    assert "renkei fence adopt" in doctor(home).fix
    assert "registry.position" in run("clerk", "fence", "status", expect=3).stderr


@pytest.fixture
def held(home: Path) -> int:
    """A message about somebody nobody knows, which was about to go to Public Medical Hub."""
    app = App(home)
    app.store.found_fences("epoch", "a", 0, [])
    app.store.confirm_fences("epoch", "b", 0)
    stranger = PersonRef("child", (app.sealer.alias("individual_number", "123456789018"),))
    state = app.store.fence_state()
    assert state is not None
    guard = Guard("discloses", (stranger,), (), None, False, False, "digest", state.at)
    lease = request(new_id(), guard=guard)
    app.store.settle([settled(lease.message_id, Progress.WAIT, hop=DELIVERY)])
    (answer,) = app.store.open_leases([lease])
    assert answer.judgement is not None
    body = app.sealer.seal_stored(lease.message_id, b"<x/>", (stranger,))
    message = Message(lease.message_id, "pmh.registration", 1, "welfare", lease.message_id, b"")
    envelope = to_json(message, "digest")
    kept = NewHold(answer.judgement.code, 0, "digest", "delivery.pmh", envelope, body, (stranger,))
    app.store.settle([settled(lease.message_id, Progress.HELD, hop=DELIVERY, hold=kept)])
    app.close()
    return 1


def test_holds_are_listed_and_refused_with_a_name(run: Run, held: int) -> None:
    (shown,) = as_json(run("clerk", "hold", "list", "--json"))
    assert (shown["id"], shown["code"], shown["state"]) == (held, "fence.unresolved", "open")
    told = run("clerk", "hold", "show", str(held)).output
    assert "保護の有無を確認できません" in told
    assert "not shown" in told
    assert "cannot be compared" in told, "it fits no contract of today"
    run("clerk", "hold", "show", str(held), "--reveal", expect=EXIT_USAGE)
    run("clerk", "hold", "show", "99", expect=EXIT_REFUSED)

    run("clerk", "hold", "refuse", str(held), "--reason", "sent by mistake")

    assert as_json(run("clerk", "hold", "list", "--json")) == []
    (shown,) = as_json(run("clerk", "hold", "list", "--state", "all", "--json"))
    assert shown["state"] == "refused"
    acts = as_json(run("clerk", "hold", "show", str(held), "--json"))["acts"]
    assert [(act["who"], act["act"], act["reason"]) for act in acts] == [("clerk", "refuse", "sent by mistake")]
    assert "hold.state" in run("supervisor", "hold", "review", str(held), "--reason", "x", expect=EXIT_REFUSED).stderr


def test_the_account_is_the_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    monkeypatch.setenv("USER", "somebody else")
    monkeypatch.delenv("SUDO_USER", raising=False)

    assert account() != "somebody else"
