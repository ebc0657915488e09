"""`renkei account`, and the rights each command asks for."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from hub.cli import account, rights, who
from hub.cli.main import cli
from hub.cli.rights import NEEDS
from hub.ports.accounts import RIGHTS, Role
from hub.support import qr

Run = Callable[..., str]


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


TREE = dict(commands(typer.main.get_command(cli)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as somebody who does not own the home."""

    def invoke(name: str, *arguments: str) -> str:
        for module in (who, account):
            monkeypatch.setattr(module, "account", lambda: name)
        done = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), *arguments], env={"COLUMNS": "200"})
        return f"{done.exit_code} {done.output}"

    assert invoke("owner", "init", "--sandbox", "--amqp-url", "memory://").startswith("0 ")
    monkeypatch.setattr(rights, "owns", lambda _app: False)
    return invoke


def add(run: Run, by: str, name: str, role: Role) -> Any:
    made = run(by, "account", "add", name, "--display", "x", "--role", role.value, "--reason", "joined", "--json")
    assert made.startswith("0 "), made
    return json.loads(made[2:])


def test_every_command_says_what_right_it_needs() -> None:
    assert set(NEEDS) == set(TREE)


def test_what_the_console_does_a_program_can_do_as_well() -> None:
    """With `--json`; without it are what starts things, prints a text of its own, or makes files."""
    for_people = {
        "asyncapi", "console", "door-key add", "door-key show", "init", "migrate", "run",
        "sandbox fail", "sandbox heal", "sandbox start", "scaffold connector", "scaffold contract", "scaffold route",
        "scaffold version", "schema",
    }  # fmt: skip
    without = {name for name, command in TREE.items() if "--json" not in {o for p in command.params for o in p.opts}}
    assert without == for_people


def test_without_any_account_the_shell_may_everything(run: Run) -> None:
    assert run("anybody", "dead", "list").startswith("0 ")


@pytest.mark.rule("R44")
@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_refused_what_it_may_not(run: Run, role: Role) -> None:
    add(run, "owner", "someone", role)
    for path, right in NEEDS.items():
        required = [one for one in TREE[path].params if one.param_type_name == "argument" or one.required]
        if right is None:
            continue
        arguments = [*path.split()]
        for one in required:
            value = {"file": __file__, "table": __file__, "role": "support"}.get(one.name, "1")
            arguments += [value] if one.param_type_name == "argument" else [one.opts[0], value]
        if right not in RIGHTS[role]:
            answer = run("someone", *arguments)
            assert answer.startswith("5 "), f"{path}: {answer}"
            assert "access.denied" in answer, f"{path}: {answer}"


@pytest.mark.rule("R43", "R52")
def test_whoever_has_no_account_may_nothing_once_there_is_one(run: Run) -> None:
    add(run, "owner", "admin", Role.ADMIN)
    assert "access.no_account" in run("anybody", "dead", "list")
    add(run, "admin", "suzuki", Role.SUPPORT)
    assert run("suzuki", "dead", "list").startswith("0 ")
    assert "access.denied" in run("suzuki", "account", "list")
    assert run("admin", "account", "disable", "suzuki", "--reason", "left").startswith("0 ")
    assert "access.expired" in run("suzuki", "dead", "list")


def test_whoever_owns_the_home_may_keep_accounts_and_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    add(run, "owner", "admin", Role.ADMIN)
    monkeypatch.setattr(rights, "owns", lambda _app: True)
    assert run("owner", "account", "list").startswith("0 ")
    assert "access.denied" in run("owner", "dead", "list")


def test_made_shown_changed_and_compared(run: Run, tmp_path: Path) -> None:
    add(run, "owner", "admin", Role.ADMIN)
    made = add(run, "admin", "suzuki", Role.SUPPORT)
    assert made["totp_uri"].startswith("otpauth://totp/")
    moved = ("--role", "reviewer", "--flow", "F12", "--reason", "moved")
    assert run("admin", "account", "change", "suzuki", *moved).startswith("0 ")
    shown = json.loads(run("admin", "account", "show", "suzuki", "--json")[2:])
    assert (shown["roles"], shown["flows"]) == (["reviewer"], ["F12"])
    assert [(one["act"], one["who"], one["reason"]) for one in shown["changes"]] == [
        ("create", "admin", "joined"),
        ("change", "admin", "moved"),
    ]
    assert made["password"] not in json.dumps(shown)
    reset = run("admin", "account", "reset", "suzuki", "--reason", "lost")
    assert "password for the first sign-in" in reset
    uri = re.search(r"otpauth://\S+", reset)
    assert uri is not None
    assert qr.text(uri[0]).splitlines()[10] in reset
    assert "to be typed" in reset
    table = tmp_path / "rights.csv"
    table.write_text("name,roles,partners,flows,until\nadmin,admin,,,\n", encoding="utf-8")
    told = run("admin", "account", "reconcile", str(table), "--json")
    assert told.startswith("1 ")
    assert json.loads(told[2:])[0]["account"] == "suzuki"
    assert json.loads(run("admin", "account", "sessions", "--json")[2:]) == {"sessions": [], "at_two_places": []}
    assert run("admin", "account", "enable", "suzuki", "--reason", "back").startswith("0 ")
    assert "access.unknown" in run("admin", "account", "show", "nobody")


def test_who_may_reveal_and_search_is_asked_beside_the_command(run: Run) -> None:
    """`hold show` is for whoever reads, its content only for whoever may reveal."""
    add(run, "owner", "suzuki", Role.SUPPORT)
    assert "access.denied" in run("suzuki", "hold", "show", "1", "--reveal", "--reason", "x")
    assert "hold.unknown" in run("suzuki", "hold", "show", "1")
    assert "access.denied" in run("suzuki", "edit", "show", "1", "--reveal", "--reason", "x")
