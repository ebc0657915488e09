"""The alert rules: right by promtool, about metrics that exist, each with its cases and its runbook, and under a real
Prometheus the right one fires when a partner breaks, and no other.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from hub.cli.main import cli
from hub.clock import now_us
from hub.errors import Unavailable
from hub.metrics import Metrics, series
from hub.ports.store import End, Settlement
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus, configured
from hub.status import StatusServer
from hub.targets import announced
from hub.topology import WORK_QUEUE_LENGTH
from tests.engine import Engine, built, failing, note

OPS = Path(__file__).parents[2] / "ops"
FOLDER = OPS / "prometheus"
RULES = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
CASE_FILES = ("alerts.test.yml", "alerts.days.test.yml")
CASES = "".join((FOLDER / name).read_text(encoding="utf-8") for name in CASE_FILES)
ALERTS = re.findall(r"- alert: (\w+)", RULES)
SECONDS = 60.0
DELIVERED = Settlement("delivery.x", "m", "a.b", "p", "c", "d", 1, End.DELIVERED, None, 0, 1)


def promtool(*arguments: str, **options: Any) -> None:
    tool = shutil.which("promtool")
    assert tool, "promtool is missing: install Prometheus (Debian: prometheus)"
    done = subprocess.run([tool, *arguments], cwd=FOLDER, capture_output=True, check=False, timeout=120, **options)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.parametrize("file", ["prometheus.yml", "compose.yml"])
def test_the_configurations_are_sound(file: str, tmp_path: Path) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8").replace("/etc/prometheus/", "")
    (tmp_path / "alerts.yml").write_text(RULES, encoding="utf-8")
    (tmp_path / file).write_text(text, encoding="utf-8")
    promtool("check", "config", str(tmp_path / file))


@pytest.mark.parametrize("file", CASE_FILES)
def test_each_alert_fires_and_stays_silent_as_its_cases_say(file: str) -> None:
    promtool("test", "rules", file)


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_case_that_fires_and_one_that_does_not(alert: str) -> None:
    cases = re.findall(rf"alertname: {alert}\n\s+eval_time: \w+\n\s+exp_alerts:(.*)", CASES)
    assert "" in cases, "no case in which it fires"
    assert " []" in cases, "no case in which it is silent"


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_runbook_that_names_it(alert: str) -> None:
    rule = RULES.partition(f"- alert: {alert}\n")[2].partition("- alert: ")[0]
    (name,) = re.findall(r'runbook_url: "\{\{ \$externalLabels\.documents \}\}/runbooks/([a-z-]+\.md)"', rule)
    text = (OPS / "runbooks" / name).read_text(encoding="utf-8")
    assert f"`{alert}`" in text
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What it means", "Check", "Fix", "Escalate"]


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_leads_to_a_dashboard_that_exists(alert: str) -> None:
    rule = RULES.partition(f"- alert: {alert}\n")[2].partition("- alert: ")[0]
    ((board, variable),) = re.findall(
        r'dashboard_url: .*?/d/([a-z-]+)(?:\?var-([a-z]+)=\{\{ \$labels\.\2 \}\})?"',
        rule,
    )
    found = json.loads((OPS / "grafana" / f"{board}.json").read_text(encoding="utf-8"))
    assert found["uid"] == board
    assert not variable or variable in {one["name"] for one in found["templating"]["list"]}


CHOSEN_DAY = {"backup.md", "scale-out.md", "upgrade.md"}  # tests run their commands


def _commands(text: str) -> list[list[str]]:
    """Command lines of the hub in a page, in backticks, placeholders and all."""
    return [line.split()[1:] for line in re.findall(r"`(renkei [^`]+)`", text)]


@pytest.mark.parametrize("page", sorted(path.name for path in (OPS / "runbooks").glob("*.md")))
def test_the_commands_of_a_runbook_exist(page: str) -> None:
    for words in _commands((OPS / "runbooks" / page).read_text(encoding="utf-8")):
        command: click.Command = typer.main.get_command(cli)
        rest = list(words)
        while commands := getattr(command, "commands", {}):  # a group has them
            assert rest, f"`renkei {' '.join(words)}` names a group of commands, not one"
            found = commands.get(rest.pop(0))
            assert found is not None, f"there is no `renkei {' '.join(words)}`"
            command = found
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        wanted = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert wanted <= known, f"`renkei {' '.join(words)}`: no option {', '.join(wanted - known)}"


def test_the_limit_of_a_queue_is_that_of_the_topology() -> None:
    assert re.findall(r"rabbitmq_detailed_queue_messages\) > 0\.8 \* (\d+)", RULES) == [str(WORK_QUEUE_LENGTH)]


def test_the_objective_is_a_bucket_of_the_histogram() -> None:
    series = [f'le="{one}"' for one in re.findall(r'le="([\d.]+)"', RULES)]
    metrics = Metrics({"a.b": "F1"})
    metrics.delivered(DELIVERED, 0, None)
    assert series and all(one in metrics.expose()[1].decode() for one in series)


def test_every_runbook_belongs_to_an_alert_or_is_done_on_a_chosen_day() -> None:
    named = set(re.findall(r"/runbooks/([a-z-]+\.md)", RULES))
    assert {file.name for file in (OPS / "runbooks").glob("*.md")} == named | CHOSEN_DAY


def test_the_rules_are_about_metrics_that_exist() -> None:
    assert set(re.findall(r"renkei_\w+", RULES)) <= series()


def test_prometheus_can_read_what_a_process_tells() -> None:
    promtool("check", "metrics", input=Metrics().expose()[1])


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch)


def test_a_broken_partner_is_told_and_nothing_else_and_it_ends_with_the_repair(engine: Engine, tmp_path: Path) -> None:
    engine.archive.behaviour = failing(Unavailable("deliver.unavailable", "ConnectionRefusedError"), 1_000_000)
    engine.run()
    engine.app.store.verified_audit(now_us())  # or people are told that nobody ever did
    status = StatusServer("127.0.0.1", 0, engine.metrics, {}, lambda: engine.app.refresh(engine.metrics))
    status.start()
    targets = tmp_path / "targets"
    prometheus = PrivatePrometheus(configuration(tmp_path / "prometheus", targets), tmp_path / "data")
    with ExitStack() as stack:
        stack.callback(status.close)
        stack.enter_context(announced(targets, "127.0.0.1", status.port, "all"))
        stack.callback(prometheus.stop)
        prometheus.start()
        wait_until(lambda: bool(prometheus.query("up == 1")), "it is scraped", SECONDS)
        wait_until(lambda: prometheus.alerts() == [], "all is well", SECONDS)

        engine.publish(note())

        wait_until(lambda: _firing(prometheus) == [("RenkeiCircuitOpen", "archive")], "the alert fires", SECONDS)
        engine.archive.behaviour = lambda _wire, _context: ()
        wait_until(lambda: prometheus.alerts() == [], "it ends", SECONDS)
        assert engine.archive.effects


def test_twenty_processes_are_found_as_well_as_one_and_forgotten_when_they_end(tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    prometheus = PrivatePrometheus(configuration(tmp_path / "prometheus", targets), tmp_path / "data")

    def seen() -> list[str]:
        return [each["value"][1] for each in prometheus.query('up{job="renkei"}')]

    def begin(processes: ExitStack, number: int) -> None:
        server = StatusServer("127.0.0.1", 0, Metrics(), {}, lambda: None)
        server.start()
        processes.callback(server.close)
        processes.enter_context(announced(targets, "127.0.0.1", server.port, f"role{number}"))

    with ExitStack() as stack, ExitStack() as processes:
        stack.callback(prometheus.stop)
        prometheus.start()
        begin(processes, 0)
        wait_until(lambda: seen() == ["1"], "one is read", SECONDS)
        for number in range(1, 20):
            begin(processes, number)
        wait_until(lambda: seen() == ["1"] * 20, "twenty are read", SECONDS)
        processes.close()
        wait_until(lambda: seen() == [], "those that ended are forgotten", SECONDS)


def configuration(folder: Path, targets: Path, alertmanager: str = "") -> Path:
    """The shipped files with seconds for minutes."""
    file = configured(targets, folder, alertmanager=alertmanager)
    (folder / "alerts.yml").write_text(re.sub(r"for: \w+", "for: 1s", RULES), encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    faster = text.replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s")
    file.write_text(faster, encoding="utf-8")
    return file


def _firing(prometheus: PrivatePrometheus) -> list[tuple[str, str]]:
    """Name and connector of what fires; what is only pending counts as well, by its state."""
    return [
        (each["labels"]["alertname"], each["labels"].get("connector", ""))
        for each in prometheus.alerts()
        if each["state"] == "firing"
    ]
