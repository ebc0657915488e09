"""The hub verifies its record by itself, and says so when it is not what it was (R49)."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from pathlib import Path

import pytest

from hub import crew
from hub.app import App
from hub.brokers.memory import MemoryBroker
from hub.clock import now_us
from hub.installation import init_home
from hub.metrics import Metrics
from hub.ports.audit import Entry
from hub.worker.patience import Stopping
from hub.worker.record_watch import EVERY_US, RecordWatch
from hub.worker.sequencer import Sequencer


@pytest.fixture
def app(tmp_path: Path) -> App:
    made = App(tmp_path / "home")
    init_home(made, "141305", "memory://", None)
    made.store.record([Entry("look.body", (f"dead:{number}",), now_us()) for number in range(5)])
    broker = MemoryBroker()
    broker.declare(made.topology)
    Sequencer(made.store, broker, made.signer.note, made.outside, Metrics(), threading.Event()).round()
    return made


def watch(app: App, metrics: Metrics, *command: str, stop: threading.Event | None = None) -> RecordWatch:
    lock, verify = app.home.record_lock, list(command) or crew.verify_command(app)
    return RecordWatch(app.store, verify, lock, metrics, stop or threading.Event())


def findings(metrics: Metrics) -> str:
    lines = metrics.expose()[1].decode().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("renkei_audit_findings "))


@pytest.mark.rule("R49")
def test_a_fresh_record_is_verified_at_once_and_then_once_a_day(app: App) -> None:
    metrics = Metrics()
    assert app.store.audit_head().verified_at is None

    assert watch(app, metrics).look()

    verified_at = app.store.audit_head().verified_at
    assert verified_at is not None
    assert now_us() - verified_at < EVERY_US
    assert findings(metrics) == "0.0"
    assert watch(app, metrics, "false").look()  # it is not time: nothing is run
    app.store.verified_audit(now_us() - EVERY_US)
    assert not watch(app, metrics, "false").look()
    assert watch(app, metrics).look()


@pytest.mark.rule("R49")
def test_what_was_changed_is_found_without_anybody_asking(app: App) -> None:
    metrics = Metrics()
    with sqlite3.connect(app.home.database) as database:
        database.execute("UPDATE audit_rows SET text = text || ' ' WHERE leaf = 2")

    assert not watch(app, metrics).look()

    assert float(findings(metrics)) > 0
    assert app.store.audit_head().verified_at is None


def test_two_processes_of_a_host_do_not_do_it_at_once(app: App) -> None:
    with app.home.record_lock.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert watch(app, Metrics(), "false").look()


def test_a_check_ends_with_the_process(app: App) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(Stopping):
        watch(app, Metrics(), "sleep", "60", stop=stop).look()


def test_a_check_that_cannot_begin_ends_nothing(app: App, tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "lock"
    assert not RecordWatch(app.store, ["true"], nowhere, Metrics(), threading.Event()).look()
    lock = app.home.record_lock
    assert not RecordWatch(app.store, [str(nowhere)], lock, Metrics(), threading.Event()).look()
