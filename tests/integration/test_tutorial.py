"""ops/docs/adding-a-connector.md, followed: its files in a copy of the project, its checks, and its own commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub.sandbox.process import free_ports
from tests.nodes import RabbitServer
from tests.project import ROOT, Project

TUTORIAL = ROOT / "ops/docs/adding-a-connector.md"
_FILE = re.compile(r"^\*\*`([^`]+)`\*\*( \(append\))?\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PORT = "9190"
pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(600)]


@pytest.fixture
def followed(tmp_path: Path) -> Project:
    """A project with the files of the tutorial, the flow of the demo apart; on a free port."""
    project = Project(tmp_path / "project")
    (port,) = free_ports(1)
    for path, appended, body in _FILE.findall(TUTORIAL.read_text(encoding="utf-8")):
        file = project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        assert bool(appended) == file.exists(), path
        with file.open("a", encoding="utf-8") as writing:
            writing.write(body.replace(f":{_PORT}", f":{port}"))
    (project.root / "port").write_text(str(port), encoding="utf-8")
    return project


def section(number: int) -> str:
    """The commands of one step."""
    text = TUTORIAL.read_text(encoding="utf-8")
    part = text.partition(f"\n## {number}. ")[2].partition("\n## ")[0]
    return part.partition("```sh\n")[2].partition("```")[0]


def test_its_partner_is_covered_by_the_suites(followed: Project) -> None:
    assert followed.renkei("lint").stdout == "Findings: none\n"
    suites = re.search(r"^pytest -q (.+)$", section(7), re.MULTILINE)
    assert suites is not None
    assert followed.passed(suites[1].split(), "print_room or notice.order") >= 20


def test_its_commands_bring_a_letter_to_the_partner(followed: Project, rabbit: RabbitServer) -> None:
    """Step 8 as it stands, with the tests' own environment and a wait for what its second sleep waits for.

    `rabbit`: says that a broker can be had; the commands start their own.
    """
    port, scratch = (followed.root / "port").read_text(encoding="utf-8"), followed.root.parent / "print-room"
    looked = f"curl -s http://127.0.0.1:{port}/ledger | grep -q effect"
    commands = section(8)
    for written, here in {
        ". .venv/bin/activate\n": "",
        "./ops/broker": "python -m hub.sandbox.broker",  # the same, but it would set up an environment
        _PORT: port,
        "/tmp/print-room": str(scratch),
        "sleep 5\n": "",  # what is sent before the hub runs waits for it
        "sleep 2\n": f"timeout 60 bash -c 'until {looked}; do sleep 0.2; done'\n",
    }.items():
        assert written in commands, written
        commands = commands.replace(written, here)
    stop = f"kill $(jobs -p) 2>/dev/null || :; python -m hub.sandbox.broker stop --dir {scratch}-broker >/dev/null 2>&1"
    script = f"set -e\ntrap '{stop} || :' EXIT\n{commands}"

    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - as the machine finds it
        cwd=followed.root,
        env=followed.environment | {"PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"operation": "print_room.order"' in done.stdout
    assert '"effect": true' in done.stdout
