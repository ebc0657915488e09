"""A message somebody waits for: overdue from its time on, whatever keeps it, and until its target has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.clock import now_us
from tests.engine import Engine, built, note

ARCHIVE, WITHIN = "delivery.archive", 600


def awaited(root: Path) -> None:
    contract = root / "schemas/note.kept/v1/contract.toml"
    contract.write_text(f"due_within = {WITHIN}\n" + contract.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.fixture(params=["memory", pytest.param("rabbit", marks=pytest.mark.rabbitmq)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch, awaited)


@pytest.mark.rule("R36")
def test_it_is_overdue_until_its_target_has_it(engine: Engine) -> None:
    store = engine.app.store
    store.set_paused("archive", "for the test")
    engine.run()
    engine.publish(note(1))
    engine.await_ended("intake.office", forwarded=1)
    later = now_us() + (WITHIN + 1) * 1_000_000

    assert store.overdue(now_us()) == []
    assert [(hop, type_, count) for hop, type_, count, _ in store.awaited()] == [(ARCHIVE, "note.kept", 1)]
    assert [(hop, type_, count) for hop, type_, count, _ in store.overdue(later)] == [(ARCHIVE, "note.kept", 1)]

    store.set_paused("archive", None)
    engine.await_ended(ARCHIVE, delivered=1)
    assert store.overdue(later) == [] == store.awaited()


def test_it_stands_on_the_metrics_page(engine: Engine) -> None:
    engine.run()
    engine.metrics.overdue([(ARCHIVE, "note.kept", 3, 1)])

    assert b'renkei_messages_overdue{hop="delivery.archive",type="note.kept"} 3.0' in engine.metrics.expose()[1]
    engine.metrics.awaited([(ARCHIVE, "note.kept", 4, 1)])
    assert b'renkei_messages_awaited{hop="delivery.archive",type="note.kept"} 4.0' in engine.metrics.expose()[1]
    engine.app.refresh(engine.metrics)
    assert b"renkei_messages_awaited{" not in engine.metrics.expose()[1]
    assert b"renkei_messages_overdue{" not in engine.metrics.expose()[1]
