"""Order by sequence, end to end: what comes later waits for what came first, whatever becomes of that."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hub import crew
from hub.app import App
from hub.crew import Roles
from hub.errors import Refused, Retryable
from hub.metrics import Metrics
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.store import Progress
from hub.runner import Runner
from hub.support.reconcile import reconcile
from hub.support.replay import replay
from tests.engine import Engine, built, note
from tests.small_home import edit

INTAKE, ARCHIVE = "intake.office", "delivery.archive"


def in_sequence(root: Path) -> None:
    edit(root / "config/routes/note.toml", 'ordering = "latest"', 'ordering = "sequence"')


@pytest.fixture(params=["memory", "rabbit"])
def ordered(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The engine with a route that keeps the order."""
    yield from built(request, tmp_path, monkeypatch, in_sequence)


def of_record(engine: Engine, number: int) -> list[int]:
    """The versions of one record that took effect, in that order."""
    mine = [body for body in engine.archive.order if f"{number:015d}".encode() in body]
    return [int(body.split(b"<history_number>")[1].split(b"<")[0]) for body in mine]


def refusing(number: int, version: int) -> Callable[[Wire, SendContext], Sequence[Reply]]:
    def behave(wire: Wire, _context: SendContext) -> Sequence[Reply]:
        if f"{number:015d}".encode() in wire.content and f"<history_number>{version}<".encode() in wire.content:
            raise Refused("deliver.rejected", "status 422")
        return ()

    return behave


def waiting(engine: Engine) -> int:
    return sum(balance.waiting for balance in engine.app.store.balances())


@pytest.mark.rule("R65")
def test_messages_of_a_record_arrive_in_order_although_sends_fail_at_random(ordered: Engine) -> None:
    """Given a partner that fails every seventh send or so
    When ten records have twelve messages each
    Then all arrive, each record's in order, and nothing is superseded
    """
    dice = random.Random(7)

    def failing_sometimes(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        if dice.random() < 0.15:
            raise Retryable("deliver.throttled", "status 429")
        return ()

    ordered.archive.behaviour = failing_sometimes
    ordered.run()

    for version in range(1, 13):
        for record in range(1, 11):
            ordered.publish(note(record, version))

    def replayed_until_all_arrived() -> bool:
        for letter in ordered.dead():  # three failures in a row exhaust a message: a person sends it again
            assert letter.code == "deliver.exhausted"
            replay(ordered.app.store, ordered.app.broker, ordered.app.sealer, letter.id, "tester", "again")
        return ordered.ends(ARCHIVE) == {"delivered": 120}

    ordered.await_(replayed_until_all_arrived, "all arrived")
    assert [of_record(ordered, record) for record in range(1, 11)] == [list(range(1, 13))] * 10
    assert reconcile(ordered.app.store, ordered.app.broker, ordered.app.topology).matches


def test_what_comes_after_a_dead_letter_waits_until_it_is_replayed(ordered: Engine) -> None:
    ordered.archive.behaviour = refusing(1, 1)
    ordered.run()
    for version in (1, 2, 3):
        ordered.publish(note(1, version))
    ordered.publish(note(2, 1))
    ordered.await_(lambda: waiting(ordered) == 2 and ordered.dead(), "one is dead, two wait")
    ordered.await_(lambda: ordered.ends("delivery.archive"), "the other record's goes out")
    assert reconcile(ordered.app.store, ordered.app.broker, ordered.app.topology).matches
    assert (of_record(ordered, 1), of_record(ordered, 2)) == ([], [1])

    ordered.archive.behaviour = lambda _wire, _context: ()
    (letter,) = ordered.dead()
    replay(ordered.app.store, ordered.app.broker, ordered.app.sealer, letter.id, "tester", "healed")

    ordered.await_ended(ARCHIVE, delivered=4)
    assert of_record(ordered, 1) == [1, 2, 3]
    assert waiting(ordered) == 0


def test_what_waits_goes_out_in_order_when_its_route_keeps_no_order_any_more(ordered: Engine) -> None:
    """Given messages that wait behind a dead letter
    When the route is changed to keep no order, and the dead letter is replayed after the restart
    Then they go out in their order, and a new one does not wait for them
    """
    ordered.archive.behaviour = refusing(1, 1)
    ordered.run()
    for version in (1, 2, 3):
        ordered.publish(note(1, version))
    ordered.await_(lambda: waiting(ordered) == 2 and ordered.dead(), "one is dead, two wait")
    assert ordered.stop() == 0
    edit(ordered.app.home.root / "config/routes/note.toml", 'ordering = "sequence"', 'ordering = "none"')
    del ordered.app.registry

    ordered.run()
    ordered.publish(note(1, 4))
    ordered.await_ended(ARCHIVE, delivered=1)
    ordered.archive.behaviour = lambda _wire, _context: ()
    (letter,) = ordered.dead()
    replay(ordered.app.store, ordered.app.broker, ordered.app.sealer, letter.id, "tester", "healed")

    ordered.await_ended(ARCHIVE, delivered=4)
    assert of_record(ordered, 1) == [4, 1, 2, 3]
    assert waiting(ordered) == 0


def test_discarding_the_dead_letter_lets_the_next_one_go(ordered: Engine) -> None:
    ordered.archive.behaviour = refusing(1, 1)
    ordered.run()
    for version in (1, 2):
        ordered.publish(note(1, version))
    ordered.await_(lambda: waiting(ordered) == 1 and ordered.dead(), "one is dead, one waits")

    (letter,) = ordered.dead()
    assert ordered.app.store.discard(letter.id, "tester", "sent again")

    ordered.await_ended(ARCHIVE, delivered=1, discarded=1)
    assert of_record(ordered, 1) == [2]


def test_a_version_that_is_stale_when_its_turn_comes_is_not_sent(ordered: Engine) -> None:
    """Given version 3 dead, and versions 2 and 4 waiting behind it
    When version 3 is replayed
    Then 4 follows it, and 2 does not leave any more
    """
    ordered.archive.behaviour = refusing(1, 3)
    ordered.run()
    for version in (3, 2, 4):
        ordered.publish(note(1, version))
    ordered.await_(lambda: waiting(ordered) == 2 and ordered.dead(), "one is dead, two wait")

    ordered.archive.behaviour = lambda _wire, _context: ()
    (letter,) = ordered.dead()
    replay(ordered.app.store, ordered.app.broker, ordered.app.sealer, letter.id, "tester", "healed")

    ordered.await_ended(ARCHIVE, delivered=2, superseded=1)
    assert of_record(ordered, 1) == [3, 4]


@pytest.mark.rule("R56", "R59")
def test_waiting_messages_lie_sealed(ordered: Engine) -> None:
    ordered.archive.behaviour = refusing(1, 1)
    ordered.run()
    message_id = ordered.publish(note(1, 1))
    second = ordered.publish(note(1, 2))
    ordered.await_(lambda: waiting(ordered) == 1 and ordered.dead(), "one is dead, one waits")

    database = ordered.app.home.database.read_bytes() + ordered.app.home.database.with_name("hub.db-wal").read_bytes()

    assert message_id.encode() in database
    assert not [word for word in (b"000000000000001", b"123456789018", "葛󠄀城".encode()) if word in database]
    outcomes = [e.outcome for e in ordered.app.store.trace(second) if e.hop == ARCHIVE]
    assert outcomes == [Progress.WAITING.value]


@pytest.fixture
def second_process(ordered: Engine) -> Iterator[Callable[[], App]]:
    """Workers of another process, as far as broker and store can tell."""
    stop = threading.Event()
    started: list[Runner] = []
    apps: list[App] = []

    def start() -> App:
        app = App(ordered.app.home.root)
        runner = Runner(crew.workers(app, Roles(), Metrics(), stop), stop)
        runner.start()
        started.append(runner)
        apps.append(app)
        return app

    yield start
    stop.set()
    assert [runner.wait(30) for runner in started] == [0] * len(started)
    for app in apps:
        app.close()


@pytest.mark.parametrize("ordered", ["rabbit"], indirect=True)  # the in-process broker has one process only
def test_several_workers_on_one_connector_keep_the_order(ordered: Engine, second_process: Callable[[], App]) -> None:
    ordered.run()
    second_process()
    second_process()

    for version in range(1, 31):
        for record in range(1, 6):
            ordered.publish(note(record, version))

    ordered.await_ended(ARCHIVE, delivered=150)
    assert [of_record(ordered, record) for record in range(1, 6)] == [list(range(1, 31))] * 5
