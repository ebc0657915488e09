"""The harness itself, on seeds that once found something. RENKEI_TEST_FAULTS=full: all of their faults.

Every run begins with one fault of every kind, so a short one has met each of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.sandbox import postgres, rabbitmq
from hub.sandbox.faults.plan import kinds
from hub.sandbox.process import Process, wait_until
from tests.nodes import nothing_found

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.json"))
KEYS = {
    "faults",
    "lost",
    "doubled",
    "reordered",
    "messages",
    "longest_recovery_s",
    "seed",
    "store",
    "broker",
    "by_kind",
}
SELDOM_REACHED = 4  # steps that nobody may come to in a short run: nothing dead to replay, nobody publishing just then
MINUTES = 10
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(60 * MINUTES * 2)]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hub.cli", "faults", *arguments]


@pytest.fixture(autouse=True)
def servers() -> None:
    if rabbitmq.find_binary() is None:
        nothing_found("rabbitmq-server to start a private node from", "apt-get install rabbitmq-server")


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.stem)
def test_nothing_is_lost_doubled_or_reordered(file: Path, tmp_path: Path) -> None:
    # Given
    kept = json.loads(file.read_text())
    if kept["store"] == "postgresql" and postgres.find_binaries() is None:
        nothing_found("PostgreSQL to start a private server from", "apt-get install postgresql")
    faults = kept["faults" if os.environ.get("RENKEI_TEST_FAULTS") == "full" else "short"]

    # When
    done = subprocess.run(
        command(
            "--json", "--store", kept["store"], "--seed", str(kept["seed"]), "--faults", str(faults),
            "--minutes", str(MINUTES), "--evidence", str(tmp_path / "evidence"),
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    # Then
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    broken = [each for each in found["expectations"] if not each["held"]]
    assert (found["lost"], found["doubled"], found["reordered"], broken) == (0, 0, 0, []), tmp_path / "evidence"
    assert done.returncode == 0
    assert found.keys() >= KEYS
    assert found["faults"] == sum(found["by_kind"].values()) >= faults
    assert len(kinds(kept["store"]).keys() - found["by_kind"].keys()) <= SELDOM_REACHED
    assert found["messages"] > 0


def test_ctrl_c_ends_all_that_was_started(tmp_path: Path) -> None:
    # Given a run under way
    errors = tmp_path / "errors"
    with errors.open("wb") as output:
        run = subprocess.Popen(
            command("--faults", "1000", "--seed", "1", "--json"), stdout=subprocess.PIPE, stderr=output
        )
    wait_until(lambda: "before anything fails" in errors.read_text(), "the harness has begun", 120)
    own = Process.of(run.pid)
    assert own is not None
    started = own.descendants()
    assert started

    # When
    run.send_signal(signal.SIGINT)

    # Then
    assert run.communicate(timeout=120) == (b"", None)
    assert run.returncode == 130
    wait_until(lambda: not any(each.is_alive() for each in started), "nothing is left", 20)
