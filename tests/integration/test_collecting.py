"""What a partner lays out is fetched, taken in once, and confirmed to it only when it is in safe keeping."""

import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from hub import crew as composition
from hub.crew import Roles
from hub.errors import Refused, Unavailable
from hub.ports.collector import Collected
from hub.ports.connector import Reply, SendContext, Wire
from hub.support.reconcile import reconcile
from hub.topology import hub_lane
from tests.engine import Engine, built, note
from tests.small_home import edit

DESK = "delivery.desk"


class OutTray:
    """A partner's out-tray; confirmed things leave it. `lost`: confirmations that get lost on the way to it."""

    def __init__(self) -> None:
        self.laid_out: dict[str, Collected] = {}
        self.confirmed: list[str] = []
        self.lost = 0
        self.away = 0
        self._lock = threading.Lock()

    def put(self, key: str, document: bytes, fault: Refused | None = None) -> None:
        with self._lock:
            self.laid_out[key] = Collected(key, "archive.receipt", document, fault=fault)

    def collect(self, most: int) -> Sequence[Collected]:
        if self.away:
            self.away -= 1
            raise Unavailable("deliver.unavailable", "ConnectTimeoutError")
        with self._lock:
            return list(self.laid_out.values())[:most]

    def confirm(self, keys: Sequence[str]) -> None:
        if self.lost:
            self.lost -= 1
            raise Unavailable("deliver.unavailable", "ConnectTimeoutError")
        with self._lock:
            for key in keys:
                del self.laid_out[key]
                self.confirmed.append(key)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> OutTray:
    tray = OutTray()
    monkeypatch.setattr(composition, "create_collector", lambda _kind, _settings: tray)
    return tray


def collecting(root: Path) -> None:
    edit(root / "config/connectors/archive.toml", "[retry]", '[collect]\nevery = 0.05\npurpose = "JT-1"\n\n[retry]')


@pytest.fixture(params=["memory", "rabbit"])
def engine(
    request: pytest.FixtureRequest, tray: OutTray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    yield from built(request, tmp_path, monkeypatch, collecting)


def receipt(number: int) -> bytes:
    return note(number, type="archive.receipt")


def test_what_is_laid_out_arrives_and_is_confirmed(engine: Engine, tray: OutTray) -> None:
    for number in range(1, 121):
        tray.put(f"receipt-{number}", receipt(number))

    engine.run()

    engine.await_ended(DESK, delivered=120)
    engine.await_(lambda: not tray.laid_out, "all is confirmed")
    assert len(engine.desk.effects) == len(tray.confirmed) == 120


def test_what_is_fetched_twice_is_taken_in_once(engine: Engine, tray: OutTray) -> None:
    tray.lost = 3
    for number in range(1, 11):
        tray.put(f"receipt-{number}", receipt(number))

    engine.run()

    engine.await_(lambda: not tray.laid_out, "all is confirmed")
    engine.await_ended(DESK, delivered=10)
    engine.await_(lambda: not engine.app.broker.depth(hub_lane("archive")), "the others are known again")
    assert engine.stop() == 0
    assert len(engine.desk.sends) == 10
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_what_could_not_be_read_is_a_dead_letter_with_the_collectors_reason(engine: Engine, tray: OutTray) -> None:
    tray.put("receipt-1", b"\x81\xff", Refused("validate.encoding", "row 3 is not cp932"))
    tray.put("receipt-2", receipt(2))

    engine.run()

    engine.await_ended(DESK, delivered=1)
    engine.await_(lambda: len(engine.dead()) == 1, "the unreadable one is kept")
    (letter,) = engine.dead()
    assert (letter.code, letter.stage, letter.explanation) == ("validate.encoding", "legible", "row 3 is not cp932")
    assert not tray.laid_out


def test_another_content_under_the_same_key_is_not_passed_over(engine: Engine, tray: OutTray) -> None:
    tray.put("receipt-1", receipt(1))
    engine.run()
    engine.await_ended(DESK, delivered=1)

    tray.put("receipt-1", receipt(2))

    engine.await_(lambda: len(engine.dead()) == 1, "it is kept")
    assert engine.dead()[0].code == "receive.id_conflict"


def test_what_is_faulty_does_not_stand_in_the_way_of_a_better_one(engine: Engine, tray: OutTray) -> None:
    fault = Refused("validate.encoding", "row 3 is not cp932")
    tray.laid_out["receipt-1"] = Collected("receipt-1", "archive.receipt", b"\x81\xff", fault=fault, variant="first")
    engine.run()
    engine.await_(lambda: len(engine.dead()) == 1, "the unreadable one is kept")

    tray.put("receipt-1", receipt(1))

    engine.await_ended(DESK, delivered=1)
    assert [letter.code for letter in engine.dead()] == ["validate.encoding"]


def test_several_messages_of_one_key_are_confirmed_together(engine: Engine, tray: OutTray) -> None:
    class Pair(OutTray):
        def collect(self, most: int) -> Sequence[Collected]:
            return [
                Collected(key, "archive.receipt", receipt(n), variant=str(n)) for key in self.laid_out for n in (1, 2)
            ]

    tray.__class__ = Pair
    tray.put("pair", b"")

    engine.run()

    engine.await_ended(DESK, delivered=2)
    engine.await_(lambda: not tray.laid_out, "it is confirmed")
    assert tray.confirmed == ["pair"]


def test_attachments_are_in_safe_keeping_before_anything_is_confirmed(engine: Engine, tray: OutTray) -> None:
    digest = sha256(b"a scan").hexdigest()
    seen: list[bytes] = []

    def behave(_wire: Wire, context: SendContext) -> Sequence[Reply]:
        seen.append(context.attachment(digest))
        return ()

    engine.desk.behaviour = behave
    tray.laid_out["receipt-1"] = Collected("receipt-1", "archive.receipt", receipt(1), attachments={digest: b"a scan"})

    engine.run()

    engine.await_ended(DESK, delivered=1)
    assert seen == [b"a scan"]


def test_a_partner_that_is_away_is_looked_at_again(engine: Engine, tray: OutTray) -> None:
    tray.away = 3
    tray.put("receipt-1", receipt(1))

    engine.run()

    engine.await_ended(DESK, delivered=1)


def test_nothing_is_fetched_while_the_connector_is_paused_or_by_another_role(engine: Engine, tray: OutTray) -> None:
    engine.app.store.set_paused("archive", "maintenance")
    tray.put("receipt-1", receipt(1))
    engine.run(Roles(intake=True, delivery=True, collect=False))
    engine.publish(note(1))
    engine.await_ended("intake.office", forwarded=1)
    assert engine.stop() == 0
    engine.run()
    engine.publish(note(2))
    engine.await_ended("intake.office", forwarded=2)
    assert tray.laid_out

    engine.app.store.set_paused("archive", None)

    engine.await_ended(DESK, delivered=1)
