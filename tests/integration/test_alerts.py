"""The alert rules: right by promtool, about metrics that exist, each with its cases and its runbook, and under a real
Prometheus the right one fires when a partner breaks, and no other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Unavailable
from hub.metrics import Metrics
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus, configured
from hub.status import StatusServer
from hub.targets import announced
from tests.engine import Engine, built, failing, note

OPS = Path(__file__).parents[2] / "ops"
FOLDER = OPS / "prometheus"
RULES = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
CASES = (FOLDER / "alerts.test.yml").read_text(encoding="utf-8")
ALERTS = re.findall(r"- alert: (\w+)", RULES)
SECONDS = 60.0


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


def test_each_alert_fires_and_stays_silent_as_its_cases_say() -> None:
    promtool("test", "rules", "alerts.test.yml")


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


def test_every_runbook_belongs_to_an_alert() -> None:
    named = set(re.findall(r"/runbooks/([a-z-]+\.md)", RULES))
    assert {file.name for file in (OPS / "runbooks").glob("*.md")} == named


def test_the_rules_are_about_metrics_that_exist() -> None:
    there = {sample for collector in Metrics().collectors() for sample in _series(collector)}
    assert set(re.findall(r"renkei_\w+", RULES)) <= there


def test_prometheus_can_read_what_a_process_tells() -> None:
    promtool("check", "metrics", input=Metrics().expose()[1])


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch)


def test_a_broken_partner_is_told_and_nothing_else_and_it_ends_with_the_repair(engine: Engine, tmp_path: Path) -> None:
    engine.archive.behaviour = failing(Unavailable("deliver.unavailable", "ConnectionRefusedError"), 1_000_000)
    engine.run()
    status = StatusServer("127.0.0.1", 0, engine.metrics, {}, lambda: engine.app.refresh(engine.metrics))
    status.start()
    targets = tmp_path / "targets"
    prometheus = PrivatePrometheus(_configuration(tmp_path / "prometheus", targets), tmp_path / "data")
    with ExitStack() as stack:
        stack.callback(status.close)
        stack.enter_context(announced(targets, "127.0.0.1", status.port, "all"))
        stack.callback(prometheus.stop)
        prometheus.start()
        wait_until(lambda: bool(prometheus.query("up == 1")), "it is scraped", SECONDS)
        assert prometheus.alerts() == []

        engine.publish(note())

        wait_until(lambda: _firing(prometheus) == [("RenkeiCircuitOpen", "archive")], "the alert fires", SECONDS)
        engine.archive.behaviour = lambda _wire, _context: ()
        wait_until(lambda: prometheus.alerts() == [], "it ends", SECONDS)
        assert engine.archive.effects


def test_twenty_processes_are_found_as_well_as_one_and_forgotten_when_they_end(tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    prometheus = PrivatePrometheus(_configuration(tmp_path / "prometheus", targets), tmp_path / "data")

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


def _series(collector: Any) -> Iterator[str]:
    family = next(iter(collector.describe()))
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}.get(
        family.type, ("",)
    )
    yield from (family.name + ending for ending in endings)


def _configuration(folder: Path, targets: Path) -> Path:
    """The shipped files with seconds for minutes."""
    file = configured(targets, folder)
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
