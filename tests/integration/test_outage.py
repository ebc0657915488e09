"""Partners that are down, slow to come back, closed for the night, or want no more than so many messages a second."""

import random
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub import circuit
from hub.cli.drained import drained
from hub.clock import JST
from hub.errors import Unavailable
from hub.hours import Hours
from hub.ports.connector import Reply, SendContext, Wire
from hub.support.reconcile import reconcile
from hub.worker.hand import Hand, Held
from tests.engine import Engine, built, failing, note
from tests.small_home import edit

ARCHIVE = "delivery.archive"
DELIVERY_LIMIT = 3


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "FIRST_PAUSE", 20_000)
    monkeypatch.setattr(circuit, "LONGEST_PAUSE", 50_000)


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """With a delivery limit that a careless worker would reach at once."""
    monkeypatch.setattr("hub.topology.DELIVERY_LIMIT", DELIVERY_LIMIT)
    yield from built(request, tmp_path, monkeypatch)


def configured(engine: Engine, line: str) -> None:
    """Add a line to the archive's connector file, before the workers start."""
    edit(engine.app.home.root / "config/connectors/archive.toml", "[retry]", f"{line}\n[retry]")
    del engine.app.registry


def test_opening_the_circuit_more_often_than_the_delivery_limit_kills_nobody(engine: Engine) -> None:
    """Given a partner that is away and back again all the time
    When the circuit opens far more often than the broker would deliver a message
    Then every message arrives at its first attempt and none is dead
    """
    dice = random.Random(3)
    outages = 0
    lock = threading.Lock()

    def flapping(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        nonlocal outages
        with lock:
            if dice.random() < 0.15:
                outages += 1
                raise Unavailable("deliver.unavailable", "status 503")
        return ()

    engine.archive.behaviour = flapping
    ids = [engine.publish(note(number)) for number in range(1, 151)]
    engine.run()

    engine.await_ended(ARCHIVE, delivered=150)
    assert outages > 3 * DELIVERY_LIMIT
    assert engine.dead(state=None) == []
    attempts = {e.attempt for one in ids for e in engine.app.store.trace(one) if e.hop == ARCHIVE}
    assert attempts == {1}
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_a_partner_that_comes_back_is_not_met_by_everything_that_has_waited(engine: Engine) -> None:
    """Given a partner that was away while many messages came
    When it answers again
    Then one send goes out, then two, then four
    """
    gate = threading.Semaphore(0)
    blocked: set[str] = set()
    down = failing(Unavailable("deliver.unavailable"), times=1)

    def behave(wire: Wire, context: SendContext) -> Sequence[Reply]:
        down(wire, context)
        blocked.add(context.key)
        gate.acquire()
        blocked.discard(context.key)
        return ()

    engine.archive.behaviour = behave
    engine.publish(note(1))
    engine.run()
    engine.await_(lambda: engine.app.store.circuit("archive").state != "closed")
    for number in range(2, 31):
        engine.publish(note(number))

    seen = []
    for expected in (1, 2, 4):
        engine.await_(lambda: len(blocked) == expected, f"{expected} under way")  # noqa: B023 - called at once
        seen.append(len(blocked))
        gate.release(len(blocked))
    gate.release(100)

    assert seen == [1, 2, 4]
    engine.await_ended(ARCHIVE, delivered=30)


def test_outside_its_service_hours_a_partners_messages_wait(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(JST)
    opens, closes = now + timedelta(hours=2), now + timedelta(hours=3)
    configured(engine, f'service_hours = "{opens:%H:%M}-{closes:%H:%M}"')
    ids = [engine.publish(note(number)) for number in range(1, 6)]
    engine.run()
    engine.await_ended("intake.office", forwarded=5)
    assert engine.archive.sends == []
    assert engine.app.store.circuit("archive").state == "closed"

    monkeypatch.setattr(Hours, "open_at", lambda _self, _now: True)

    engine.await_ended(ARCHIVE, delivered=5)
    outcomes = {(e.outcome, e.attempt) for one in ids for e in engine.app.store.trace(one) if e.hop == ARCHIVE}
    assert outcomes == {("delivered", 1)}


def test_no_more_goes_out_than_the_partners_rate_allows(engine: Engine) -> None:
    """The arithmetic is tested at the store; here that a worker asks for it and keeps what it may not send."""
    configured(engine, "rate = 0.001")
    for number in range(1, 4):
        engine.publish(note(number))
    engine.run()
    engine.await_ended("intake.office", forwarded=3)
    engine.await_ended(ARCHIVE, delivered=1)

    assert engine.stop() == 0

    assert len(engine.archive.sends) == 1
    engine.await_(lambda: reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches)


def test_a_partner_down_for_long_keeps_messages_in_hand_only_up_to_the_prefetch(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an outage longer than a message may stay unsettled at the broker
    When messages have been in hand for that long
    Then they go round through a delay tier, uncounted, and arrive when the partner is back
    """
    monkeypatch.setattr("hub.worker.delivery.HOLD", 0.05)
    engine.app.store.set_paused("archive", "maintenance")
    ids = [engine.publish(note(number)) for number in range(1, 11)]
    engine.run()
    engine.await_(lambda: all(_waited(engine, one) for one in ids), "all went round")

    engine.app.store.set_paused("archive", None)

    engine.await_ended(ARCHIVE, delivered=10)
    assert {e.attempt for one in ids for e in engine.app.store.trace(one) if e.hop == ARCHIVE} == {1}


def test_a_draining_finishes_what_is_in_hand_and_takes_nothing_new(engine: Engine) -> None:
    """Given sends under way, and more messages behind them
    When the connector is drained
    Then the sends end, nothing else goes out, and all is delivered when it is resumed
    """
    configured(engine, "max_in_flight = 2")
    gate, begun = threading.Event(), threading.Semaphore(0)

    def wait(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        begun.release()
        gate.wait(30)
        return ()

    engine.archive.behaviour = wait
    for number in range(1, 11):
        engine.publish(note(number))
    engine.run()
    assert begun.acquire(timeout=30) and begun.acquire(timeout=30)
    store = engine.app.store

    store.drain("archive", "moves")
    assert drained(engine.app, "archive", 0.5) == "2 sends are under way"
    gate.set()

    assert drained(engine.app, "archive", 60) == ""
    ends = engine.ends(ARCHIVE)["delivered"]
    assert 2 <= ends < 10
    store.set_paused("archive", "moves")
    store.set_paused("archive", None)
    engine.await_ended(ARCHIVE, delivered=10)


def test_a_draining_says_that_an_open_circuit_keeps_what_is_in_hand(engine: Engine) -> None:
    engine.archive.behaviour = failing(Unavailable("deliver.unavailable", "ConnectionRefusedError"), 1_000_000)
    engine.publish(note())
    engine.run()
    engine.await_(lambda: engine.app.store.circuit("archive").state != "closed", "the circuit opens")
    engine.app.store.drain("archive", "moves")
    assert "its circuit is open" in drained(engine.app, "archive", 0.0) or engine.app.store.in_flight(ARCHIVE, 0)

    engine.archive.behaviour = lambda _wire, _context: ()
    assert drained(engine.app, "archive", 60) == ""
    engine.await_ended(ARCHIVE, delivered=1)


def test_restarts_during_an_outage_bring_no_message_to_its_delivery_limit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a connector that is paused
    When its worker is restarted more often than the broker delivers a message
    Then every message arrives when it is resumed, and none is dead
    """
    counts: list[int] = []

    class Watched(Hand):
        def add(self, held: Held) -> None:
            super().add(held)
            counts.append(held.exchange.delivery.delivery_count)

    monkeypatch.setattr("hub.worker.delivery.Hand", Watched)
    monkeypatch.setattr("hub.worker.delivery.WORN", DELIVERY_LIMIT - 1)
    engine.app.store.set_paused("archive", "maintenance")
    for number in range(1, 11):
        engine.publish(note(number))
    for _ in range(2 * DELIVERY_LIMIT + 2):
        counts.clear()
        engine.run()
        engine.await_(
            lambda: sum(count < DELIVERY_LIMIT - 1 for count in list(counts)) == 10,
            "all are in hand, none of them worn",
        )
        assert engine.stop() == 0

    engine.app.store.set_paused("archive", None)
    engine.run()

    engine.await_ended(ARCHIVE, delivered=10)
    assert engine.dead(state=None) == []


def _waited(engine: Engine, message_id: str) -> bool:
    return any(entry.outcome == "wait" for entry in engine.app.store.trace(message_id))
