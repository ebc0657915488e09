"""A message that kills the process is told from those in its company, and only it becomes a dead letter."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.ports.store import DeadFilter
from hub.support.reconcile import Reconciliation, reconcile
from tests.engine import Engine, built, note
from tests.faults.mortal_worker import EXIT
from tests.small_home import edit

NOTES = 60
MOST_DEATHS = 5  # far fewer than the broker's delivery limit
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.faults


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Broker and home only; the workers are processes."""
    yield from built(request, tmp_path / "home", monkeypatch, impatient)


def impatient(home: Path) -> None:
    """Leases outlive a dead process by their deadline, which follows from the partner's timeouts."""
    edit(home / "config/connectors/archive.toml", "[retry]", "connect_timeout = 0.2\nread_timeout = 0.5\n[retry]")


@pytest.mark.parametrize("engine", ["rabbit"], indirect=True)
@pytest.mark.parametrize(("stage", "dead_at"), [("send", "delivery.archive"), ("map", "intake.office")])
def test_only_the_message_that_kills_the_process_dies(engine: Engine, tmp_path: Path, stage: str, dead_at: str) -> None:
    """Given a message that ends the process whenever it is handled, among others
    When the process is started again each time
    Then it dies a few times, all others are delivered, and that message alone is a dead letter
    """
    effects = tmp_path / "effects"
    for number in range(1, NOTES + 1):
        engine.publish(note(number))
    command = [sys.executable, "-m", "tests.faults.mortal_worker", str(engine.app.home.root), str(effects), stage]

    def books() -> Reconciliation:
        return reconcile(engine.app.store, engine.app.broker, engine.app.topology)

    deaths = 0
    deadline = time.monotonic() + 100
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        # a death between confirm and commit leaves a second copy: the queues are empty only once it is told as such
        while not (
            engine.ends("delivery.archive").get("delivered", 0) == NOTES - 1 and engine.dead() and books().queued == 0
        ):
            assert time.monotonic() < deadline, engine.ends("delivery.archive")
            if process.poll() is not None:
                assert process.returncode == EXIT
                deaths += 1
                assert deaths <= MOST_DEATHS
                process = subprocess.Popen(command, cwd=ROOT)
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)

    (letter,) = engine.app.store.dead_letters(DeadFilter())
    assert (letter.code, letter.hop) == ("hub.poison", dead_at)
    assert deaths >= 2
    assert len(set(effects.read_text().split())) == NOTES - 1
    engine.await_(lambda: books().matches, "the books")
