"""The demo as people run it: the command as a process, its output, its exit code, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from hub.sandbox import docker, launcher, rabbitmq
from hub.sandbox.flows import FLOWS
from hub.sandbox.process import wait_until
from hub.sandbox.report import COUNTS
from tests.nodes import nothing_found

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECONDS = 240
IDS = [flow.id for flow in FLOWS]


class Demo:
    """One run of the command. `own`: a directory that marks every process and file of it."""

    def __init__(self, own: Path, *options: str) -> None:
        self._own = own
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RENKEI_")}
        self._errors = own.with_name(f"{own.name}.err")
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "demo", *options],
                env={**environment, "TMPDIR": str(own)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def finished(self) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        output, _ = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, output.decode(), self.errors()

    def errors(self) -> str:
        return self._errors.read_text()

    def left(self) -> list[str]:
        """Processes that know the directory, and what lies in it."""
        mark = os.fsencode(self._own)
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdigit() and any(mark in _read(place / file) for file in ("cmdline", "environ")):
                found.append(_read(place / "cmdline").replace(b"\0", b" ").decode())
        return [*found, *(each.name for each in self._own.iterdir())]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts a demo; one that a failed test leaves running is told to end, and ends all it started."""
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        own = tmp_path / f"own{len(started)}"
        own.mkdir()
        started.append(Demo(own, *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.communicate(timeout=SECONDS)


@pytest.fixture
def a_rabbitmq() -> None:
    """The command finds or starts one by itself, where there is one."""
    if rabbitmq.find_binary() is None and not docker.answers():
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server, or start Docker")


def checked(output: str) -> dict[str, Any]:
    """The one JSON object on standard output, as documented."""
    assert output.count("\n") == 1
    assert output.endswith("\n")
    report: dict[str, Any] = json.loads(output)
    assert set(report["broker"]) == {"name", "version"}
    assert report["store"] == "sqlite"
    assert report["seconds"] > 0
    assert [flow["id"] for flow in report["flows"]] == IDS
    assert set(report["partners"]) == set(launcher.names())
    for counts in [*report["flows"], *report["partners"].values()]:
        assert all(isinstance(counts[name], int) for name in COUNTS)
    assert all(flow["name"] and flow["sent"] == 40 for flow in report["flows"])
    return report


def unmet(report: dict[str, Any]) -> list[str]:
    everything = [*report["expectations"], *(each for flow in report["flows"] for each in flow["expectations"])]
    return [f"{each['text']}: {each['found']}" for each in everything if not each["held"]]


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("a_rabbitmq")
def test_nothing_is_lost_on_rabbitmq(demo: Callable[..., Demo]) -> None:
    # When
    run = demo("--json", "--messages", "40")
    code, output, errors = run.finished()

    # Then
    report = checked(output)
    assert (code, report["lost"], unmet(report)) == (0, 0, []), errors
    assert report["broker"]["name"] == "rabbitmq"
    assert re.match(r"\d+\.\d+", report["broker"]["version"])
    assert any("killed while it was sending" in each["text"] for each in report["expectations"])
    for counts in report["partners"].values():
        assert counts["retried"] and counts["dead"] and counts["replayed"]
    assert run.left() == []


def test_the_in_process_broker_says_what_it_is(demo: Callable[..., Demo]) -> None:
    run = demo("--json", "--messages", "40", "--broker", "memory")
    code, output, errors = run.finished()
    report = checked(output)
    assert (code, report["lost"], unmet(report)) == (0, 0, []), errors
    assert report["broker"] == {"name": "memory", "version": "in-process"}
    assert any("Nothing survives a restart" in note and "no crash was injected" in note for note in report["notes"])
    assert "IN-PROCESS BROKER" in errors
    assert not any("killed" in each["text"] for each in report["expectations"])
    assert run.left() == []


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("a_rabbitmq")
def test_ctrl_c_ends_everything_that_was_started(demo: Callable[..., Demo]) -> None:
    # Given: a run in the middle, with a broker, partners and a hub
    run = demo("--json", "--messages", "40")
    wait_until(lambda: "round 2 of" in run.errors(), "the second round has begun", 120)
    assert len(run.left()) > 3

    # When: an impatient person
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGINT)
    code, output, errors = run.finished()

    # Then
    assert (code, output) == (130, "")
    assert "Traceback" not in errors
    assert errors.rstrip().endswith("interrupted; everything started here has ended")
    assert run.left() == []


def test_kept_until_ctrl_c(demo: Callable[..., Demo]) -> None:
    # Given
    run = demo("--json", "--messages", "20", "--flow", "F2", "--broker", "memory", "--keep")
    wait_until(lambda: "look around:" in run.errors(), "the demo waits", 120)

    # Then: the command it shows works
    command = run.errors().partition("look around:")[2].partition("\n")[0].split()
    home = command[command.index("--home") + 1]
    looking = [sys.executable, "-m", "hub.cli", "--home", home, "dead", "list", "--json"]
    shown = subprocess.run(looking, check=True, capture_output=True, timeout=60)
    assert json.loads(shown.stdout)
    assert command[-2:] == ["dead", "list"]

    # When
    run.process.send_signal(signal.SIGINT)
    code, output, _errors = run.finished()

    # Then
    assert code == 0
    assert json.loads(output)["lost"] == 0
    assert run.left() == []


@pytest.mark.parametrize(("broker", "processes"), [("auto", 3), ("memory", 1)])
def test_a_prometheus_watches_what_is_kept(demo: Callable[..., Demo], broker: str, processes: int) -> None:
    run = demo("--json", "--messages", "20", "--flow", "F2", "--keep", "--broker", broker)
    wait_until(lambda: "look around:" in run.errors(), "the demo waits", 240)
    address = run.errors().partition(" prometheus  ")[2].partition("/alerts")[0]
    up = f"{address}/api/v1/query?query=up%7Bjob%3D%22renkei%22%7D"

    def states() -> list[str]:
        answer = urllib3.request("GET", up, timeout=10).json()
        return [each["value"][1] for each in answer["data"]["result"]]

    wait_until(lambda: states() == ["1"] * processes, "the processes of the hub are read", 60)
    run.process.send_signal(signal.SIGINT)
    assert run.finished()[0] == 0
    assert run.left() == []


def test_what_cannot_be_had_is_one_message(demo: Callable[..., Demo], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    run = demo("--broker", "docker")
    code, output, errors = run.finished()
    assert (code, output) == (4, "")
    assert "error: docker" in errors
    assert "Traceback" not in errors
    assert run.left() == []


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (OSError, ProcessLookupError):  # it has just ended
        return b""
