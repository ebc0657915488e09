"""`renkei account feed`: shown, applied, refused; what it took is on the record, and a missing one is told."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.app import App
from hub.clock import now_us
from hub.doctor import setup
from hub.doctor.verdict import Status
from hub.metrics import Metrics
from hub.ports.accounts import Role, Session
from hub.ports.audit import AuditFilter
from hub.support.staff_feed import day_of
from tests.integration.test_account_commands import Run, add
from tests.integration.test_account_commands import run as run  # a fixture

HEADER = "account,staff_id,name,department,from,until,state\n"
TABLE = "name,roles,partners,flows,until,department\nadmin,admin,,,,Staff\n"
Apply = Callable[..., Any]


@pytest.fixture
def app(tmp_path: Path, run: Run) -> App:
    """Four people: admin, suzuki, sato, tanaka."""
    add(run, "owner", "admin", Role.ADMIN)
    for name in ("suzuki", "sato", "tanaka"):
        add(run, "admin", name, Role.SUPPORT)
    return App(tmp_path / "home")


@pytest.fixture
def feed(run: Run, tmp_path: Path) -> Apply:
    """Give the people of a feed and the lines of a table to the command."""

    def given(people: list[str], table: list[str], *options: str, by: str = "admin", of: str = "") -> tuple[int, Any]:
        rows = "".join(
            f"{name},1{len(name)},Person {name},{rest}\n" for name, _, rest in (p.partition(",") for p in people)
        )
        (tmp_path / "feed.csv").write_text(f"feed,{of or day_of(now_us())},{len(people)}\n{HEADER}{rows}", "utf-8")
        (tmp_path / "table.csv").write_text(TABLE + "".join(f"{line}\n" for line in table), "utf-8")
        files = (str(tmp_path / "feed.csv"), "--table", str(tmp_path / "table.csv"))
        told = run(by, "account", "feed", *files, *options)
        code, _, text = told.partition(" ")
        return int(code), json.loads(text) if "--json" in options and code == "0" else text

    return given


ADMIN = "admin,Staff,2025-04-01,,active"
STAY = "Welfare,2025-04-01,,active"
FOUR = [ADMIN, f"suzuki,{STAY}", f"sato,{STAY}", f"tanaka,{STAY}"]
RIGHTS = [f"{name},support,,,,Welfare" for name in ("suzuki", "sato", "tanaka")]


@pytest.mark.rule("R51", "R52")
def test_a_leaver_is_out_at_once_and_a_joiner_waits_for_the_administrator(
    app: App, feed: Apply, run: Run, tmp_path: Path
) -> None:
    app.store.begin_session(Session("token", "tanaka", "10.0.0.5", 1, 1), step=1)
    people = [*FOUR[:3], "tanaka,Welfare,2025-04-01,,left", f"yamada,{STAY}"]
    rights = [*RIGHTS, "yamada,support,pmh,,,Welfare"]

    code, shown = feed(people, rights)
    assert code == 0
    assert "nothing was changed" in shown
    assert "renkei account add yamada --display 'Person yamada' --role support --partner pmh --reason ..." in shown
    assert run("tanaka", "dead", "list").startswith("0 ")
    assert app.store.staff_feed() is None

    code, done = feed(people, rights, "--apply", "--json")
    assert (code, done["changed"], done["takes"]) == (0, 1, 1)
    assert [(one["account"], one["kind"], one["waits"]) for one in done["steps"]] == [
        ("tanaka", "leaver", False),
        ("yamada", "joiner", True),
    ]
    assert "access.expired" in run("tanaka", "dead", "list")
    assert run("suzuki", "dead", "list").startswith("0 ")
    ended = app.store.session("token")
    assert ended is not None
    assert ended.ended_why == "disabled"
    assert app.store.account("yamada") is None
    [change] = [one for one in app.store.account_changes("tanaka") if one.act == "disable"]
    assert change.who == "admin"
    assert f"personnel feed of {day_of(now_us())}; leaver; is left by the feed" in change.reason
    acts = [json.loads(row.text) for row in app.store.newest_audit_rows(AuditFilter(act="account.feed"))]
    assert [one["actor"] for one in acts] == ["admin"]
    assert len(app.store.newest_audit_rows(AuditFilter(act="session.end"))) == 1

    compared = run("admin", "account", "reconcile", str(tmp_path / "table.csv"), "--json")
    assert {"account": "yamada", "difference": "is in the last feed, and has no account"} in json.loads(compared[2:])


@pytest.mark.rule("R51")
def test_a_mover_loses_at_once_and_is_given_to_with_a_reason(app: App, feed: Apply, run: Run) -> None:
    rights = [RIGHTS[0], RIGHTS[1], "tanaka,reviewer,,,,Tax"]
    people = [*FOUR[:3], "tanaka,Tax,2025-04-01,,active"]
    assert feed(people, rights, "--give")[0] == 2
    code, done = feed(people, rights, "--apply", "--give", "--reason", "order 12", "--json")
    assert (code, done["changed"]) == (0, 1)
    moved = app.store.account("tanaka")
    assert moved is not None
    assert (moved.roles, moved.disabled) == (frozenset({Role.REVIEWER}), False)
    assert "order 12" in app.store.account_changes("tanaka")[-1].reason

    assert feed(people, RIGHTS, "--apply")[0] == 0  # the table still has the department before
    assert "access.expired" in run("tanaka", "dead", "list")


@pytest.mark.rule("R52")
def test_what_is_refused_changes_nothing(app: App, feed: Apply, run: Run, tmp_path: Path) -> None:
    before = app.store.accounts()
    broken = [*FOUR[:3], "tanaka,Welfare,2025-04-01,,gone"]
    code, told = feed(broken, RIGHTS, "--apply")
    assert code == 5
    assert "access.feed" in told
    assert "line 6, state" in told
    assert "personnel office" in told

    code, told = feed(FOUR[:2], RIGHTS, "--apply")
    assert code == 5
    assert "access.feed_share" in told
    assert "it takes rights from 2 of 4 accounts" in told
    assert "access.denied" in feed(FOUR, RIGHTS, "--apply", by="suzuki")[1]
    assert app.store.accounts() == before
    assert app.store.staff_feed() is None

    assert feed(FOUR[:2], RIGHTS, "--apply", "--seen", "2")[0] == 0
    code, told = feed(FOUR, RIGHTS, "--apply", of="2027-01-01" if day_of(now_us()).year > 2027 else "2025-01-01")
    assert code == 5
    assert "access.feed_passed" in told


def test_a_feed_that_is_missing_is_told_of(app: App, feed: Apply, tmp_path: Path) -> None:
    def due() -> float:
        metrics = Metrics()
        App(tmp_path / "home").refresh(metrics)
        value = metrics.registry.get_sample_value("renkei_staff_feed_due_timestamp_seconds")
        assert value is not None
        return value

    def verdict(days: int | None, later_days: int = 0, staffed: bool = True) -> Status:
        now = now_us() + later_days * 86_400_000_000
        return setup.feed(app.home, days, app.store.staff_feed(), staffed, now).status

    assert due() == math.inf
    assert (verdict(None), verdict(None, staffed=False), verdict(3)) == (Status.WARNING, Status.OK, Status.FAILED)
    with app.home.settings_file.open("r+", encoding="utf-8") as file:
        rest = file.read()
        file.seek(0)
        file.write(f"staff_feed_days = 3\n{rest}")
    assert due() == 0
    assert feed(FOUR, RIGHTS, "--apply")[0] == 0
    assert 3 * 86_400 < due() - now_us() / 1_000_000 <= 4 * 86_400
    assert (verdict(3), verdict(3, later_days=5)) == (Status.OK, Status.FAILED)
