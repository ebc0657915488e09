"""A sender faster than the partner: it is slowed down, nothing is lost, and the hub's memory stays as it is.

RENKEI_FLOOD_MESSAGES sets how many messages are sent, e.g. 1000000.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub import client as publisher
from hub import topology
from hub.app import App
from hub.client import Client, Publication
from hub.installation import init_home
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.sandbox.process import Process, wait_until
from hub.support.reconcile import reconcile
from hub.topology import INTAKE_EXCHANGE, door_queue
from tests.engine import Engine, built, note
from tests.nodes import RabbitVhost
from tests.small_home import CONFIG, write_contract, write_home

MESSAGES = int(os.environ.get("RENKEI_FLOOD_MESSAGES", "20000"))
EARLY = 2_000
LENGTH = 1_000  # of every queue: far less than is sent
CHUNK = 2_000
KEY_BYTES = 37  # a line of the file of effects
GROWTH, CONSTANT = 1.25, 4 * 1024 * 1024  # bytes
pytestmark = pytest.mark.slow


@contextmanager
def worker(home: Path, role: str, effects: Path) -> Iterator[Process]:
    """A hub process of one role, ended in order."""
    script = Path(__file__).with_name("flood_worker.py")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RENKEI_")}
    log = (home / f"{role}.log").open("wb")
    child = subprocess.Popen(
        [sys.executable, str(script), str(home), role, str(effects)],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    process = Process.of(child.pid)
    assert process is not None
    try:
        yield process
        child.terminate()
        assert child.wait(60) == 0, (home / f"{role}.log").read_text()
    finally:
        if child.poll() is None:
            process.kill()
            child.wait()
        log.close()


def resident_bytes(process: Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages of each round the broker refused, as the sender's client sees it."""
    seen: list[int] = []
    publish = publisher._Door.publish

    def counted(door: publisher._Door, given: Sequence[Publication], deadline: float) -> list[Publication]:
        left = publish(door, given, deadline)
        if left:
            seen.append(len(left))
        return left

    monkeypatch.setattr(publisher._Door, "publish", counted)
    return seen


@pytest.mark.timeout(max(300, MESSAGES // 100))
def test_a_flood_is_held_back_at_the_door_and_costs_neither_messages_nor_memory(
    rabbit_vhost: RabbitVhost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: list[int]
) -> None:
    # Given: queues of a thousand messages
    home, effects = tmp_path / "home", tmp_path / "effects"
    effects.touch()
    app = small_installation(home, rabbit_vhost, monkeypatch)
    depths: list[int] = []

    def done() -> int:
        return effects.stat().st_size // KEY_BYTES

    with (
        worker(home, "intake", effects) as intake,
        worker(home, "delivery", effects) as delivery,
        Client(rabbit_vhost.amqp_url, "office", patience=120) as sender,
    ):
        # When a sender sends as fast as it may
        began = time.monotonic()
        early: tuple[int, int] | None = None
        for start in range(1, MESSAGES + 1, CHUNK):
            letters = range(start, min(start + CHUNK, MESSAGES + 1))
            sender.publish_many([Publication("office.note", note(n), "JT-1") for n in letters])
            depths.append(app.broker.depth(door_queue("office")))
            if early is None:
                wait_until(lambda: done() >= EARLY, "the first have arrived", 120)
                early = resident_bytes(intake), resident_bytes(delivery)
        wait_until(lambda: done() >= MESSAGES, "all have arrived", MESSAGES / 50)
        seconds = time.monotonic() - began
        late = resident_bytes(intake), resident_bytes(delivery)

    # Then: it was refused again and again, and no queue grew beyond what it may hold
    assert sum(refusals) > MESSAGES / 20
    assert max(depths) <= 2 * LENGTH

    # And: every message has one effect, and the books match
    keys = effects.read_text().splitlines()
    assert len(keys) == len(set(keys)) == MESSAGES
    books = reconcile(app.store, app.broker, app.topology)
    assert books.matches
    assert {account.balance.hop: dict(account.balance.ends) for account in books.accounts} == {
        "intake.office": {"forwarded": MESSAGES},
        "delivery.archive": {"delivered": MESSAGES},
    }

    # And: the processes hold what they held after the first
    figures = f"{MESSAGES} in {seconds:.0f} s, refused {sum(refusals)}, RSS early {early}, late {late}"
    sys.stdout.write(figures + "\n")
    assert early is not None
    assert all(after <= GROWTH * before + CONSTANT for before, after in zip(early, late, strict=True)), figures
    app.close()


def small_installation(home: Path, vhost: RabbitVhost, monkeypatch: pytest.MonkeyPatch) -> App:
    """The small home on the vhost, with all policies, applied."""
    write_home(home)
    for file in ("hub.toml", "config/routes/receipt.toml", "config/grants/archive.toml"):  # the archive does not answer
        (home / file).unlink()
    monkeypatch.setattr(topology, "WORK_QUEUE_LENGTH", LENGTH)
    monkeypatch.setattr("hub.discovery.kinds", lambda: {"archive": home, "desk": home})
    app = App(home)
    init_home(app, "141305", vhost.amqp_url, None, extra="batch = 100\nprefetch = 200", sandbox=True)
    apply_policies(app, vhost)
    return app


def apply_policies(app: App, vhost: RabbitVhost) -> None:
    for policy in app.topology.policies:
        body = {"pattern": policy.pattern, "definition": dict(policy.definition), "apply-to": "queues"}
        vhost.management.call("PUT", "policies", vhost.vhost, policy.name, body=body)
    app.broker.declare(app.topology)


# --- a full queue stops those who feed it, and nobody else ---


def _with_a_second_sender(root: Path) -> None:
    """branch publishes branch.note, which goes to the desk as it is."""
    write_contract(root, "branch.note")
    config = root / "config"
    (config / "partners" / "branch.toml").write_text(CONFIG["partners/office.toml"].replace('"office"', '"branch"'))
    (config / "grants" / "branch.toml").write_text(CONFIG["grants/office.toml"].replace("office.note", "branch.note"))
    text = CONFIG["routes/receipt.toml"].replace("archive.receipt", "branch.note")
    (config / "routes" / "branch.toml").write_text(text)


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(topology, "WORK_QUEUE_LENGTH", 40)
    yield from built(request, tmp_path, monkeypatch, _with_a_second_sender)


def test_a_full_delivery_queue_stops_the_senders_that_feed_it_and_nobody_else(engine: Engine) -> None:
    # Given: the archive takes nothing
    engine.app.store.set_paused("archive", "being moved")
    engine.run()

    # When the office sends until its own door is full
    sent = 0

    def refused() -> bool:
        nonlocal sent
        headers = {"purpose": "JT-1"}
        given = Properties(message_id=f"00000000-0000-4000-8000-{sent:012d}", type="office.note", headers=headers)
        outgoing = Outgoing(INTAKE_EXCHANGE, "office.office.note", note(sent + 1), given)
        confirmed = engine.app.broker.publish([outgoing]) == [PublishOutcome.CONFIRMED]
        sent += confirmed
        return not confirmed

    refusals = 0
    while refusals < 5:  # the hub empties the door for a while
        if refused():
            refusals += 1
            time.sleep(0.1)
    assert 2 * 40 <= sent < 2000

    # Then: the branch's messages go through all the same
    for number in range(30):
        body = note(number + 1, type="branch.note")
        engine.publish(body, routing_key="branch.branch.note", type="branch.note")
    engine.await_ended("delivery.desk", delivered=30)
    assert engine.archive.effects == {}

    # And when the archive is back, all of the office's arrive
    engine.app.store.set_paused("archive", None)
    engine.await_ended("delivery.archive", delivered=sent)
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches
    assert engine.dead() == []
    assert len(engine.archive.effects) == sent
