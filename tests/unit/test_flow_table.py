"""The table of flows says what the configuration has, and the configuration names no flow that has no name."""

import json
from pathlib import Path

from typer.testing import CliRunner

from hub import catalogue, flows
from hub.cli.main import cli
from hub.flows import Support
from hub.home import Home
from hub.lint import lint

FLOWS = """\
[[flow]]
id = "F2"
title = "Notes"
title_ja = "メモ"

[[flow]]
id = "F9"
title = "Not there yet"
title_ja = "未作成"

[[flow]]
id = "F24"
title = "Bank transfers"
title_ja = "振込"
outside = "another system's own business"
"""


def named(home: Home, text: str = FLOWS) -> Home:
    (home.root / "config/flows.toml").write_text(text)
    return home


def test_a_flow_runs_between_those_its_contracts_and_routes_name(small_home: Home) -> None:
    first, second, third = flows.table(catalogue.read(named(small_home)))

    assert (first.id, first.support) == ("F2", Support.RUNS)
    assert first.partners == ("archive", "desk", "office")
    assert first.contracts == ("archive.note v1", "archive.receipt v1", "note.kept v1", "office.note v1")
    assert first.hops == ("intake.archive", "intake.office", "delivery.archive", "delivery.desk")
    assert (second.support, second.partners) == (Support.ABSENT, ())
    assert (third.support, third.reason) == (Support.OUTSIDE, "another system's own business")


def test_a_flow_without_a_name_is_a_finding(small_home: Home) -> None:
    found = [one for one in lint(named(small_home, FLOWS.replace('"F2"', '"F3"'))) if one.rule == "flow"]

    assert len(found) == 6
    assert all("F2" in one.message for one in found)


def test_without_the_file_there_is_no_table(small_home: Home) -> None:
    assert flows.table(catalogue.read(small_home)) == []


def test_every_flow_of_the_domain_text_has_a_name() -> None:
    rows = flows.table(catalogue.read(Home(Path("no-home-of-its-own"))))

    assert [row.id for row in rows] == [f"F{number}" for number in range(1, 31)]
    assert {row.id for row in rows if row.support is Support.OUTSIDE} == {"F24", "F26"}


def test_the_command_tells_of_one_flow_and_knows_no_other(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "none")]

    told = CliRunner().invoke(cli, [*home, "flows", "F24", "--json"])
    asked = CliRunner().invoke(cli, [*home, "flows", "F99"])

    (row,) = json.loads(told.stdout)
    assert (row["id"], row["support"], row["contracts"]) == ("F24", "outside", [])
    assert asked.exit_code == 2
    assert "F99" in asked.stderr
