"""Settling against a model: whatever fails, and wherever the process ends, nothing is acked before its outputs are
confirmed and its rows committed, and every message has one end."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub.brokers.memory import MemoryBroker, MemorySubscription
from hub.errors import BrokerUnavailable, StoreUnavailable
from hub.message import output_id
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.ports.broker import Delivery, Outgoing, Properties, PublishOutcome, Tag
from hub.ports.store import Child, End, Settlement
from hub.store import SqlStore, migrate
from hub.topology import Queue, Topology
from hub.worker.patience import Patience, Stopping
from hub.worker.settler import Settler
from tests.audit import audit_key
from tests.contract.store.samples import settled as settlement

TENANT = "141305"
SOURCE, TARGET, HOP, NEXT = "intake.office", "delivery.archive", "intake.office", "delivery.archive"
PREFETCH = 8
FAULTS = [
    "publish is lost on the way",
    "publish arrives, its confirms do not",
    "every other publish is refused",
    "publish is returned",
    "commit fails",
    "commit succeeds, its answer is lost",
    "crash before publish",
    "crash after publish",
    "crash before commit",
    "crash after commit",
    "crash after ack",
    "asked to stop while waiting",
]
FAULTY = st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3)


class Crash(BaseException):
    """The process ends here."""


class Faults:
    """What goes wrong next; each thing once."""

    def __init__(self) -> None:
        self.planned: list[str] = []

    def due(self, fault: str) -> bool:
        if fault in self.planned:
            self.planned.remove(fault)
            return True
        return False

    def crash(self, where: str) -> None:
        if self.due(f"crash {where}"):
            raise Crash


class FaultyBroker:
    """The in-process broker, with faults in `publish`."""

    def __init__(self, broker: MemoryBroker, faults: Faults) -> None:
        self._broker, self._faults = broker, faults

    def publish(self, batch: Sequence[Outgoing], timeout: float = 30.0) -> list[PublishOutcome]:
        self._faults.crash("before publish")
        if self._faults.due("publish is lost on the way"):
            raise BrokerUnavailable("connection lost")
        if self._faults.due("publish is returned"):
            return [PublishOutcome.RETURNED for _ in batch]
        if self._faults.due("every other publish is refused"):
            taken = iter(self._broker.publish(batch[::2]))
            return [PublishOutcome.REFUSED if n % 2 else next(taken) for n in range(len(batch))]
        outcomes = self._broker.publish(batch, timeout)
        if self._faults.due("publish arrives, its confirms do not"):
            raise BrokerUnavailable("connection lost")
        self._faults.crash("after publish")
        return outcomes


class FaultyStore:
    """The SQLite store, with faults in `settle`."""

    def __init__(self, store: SqlStore, faults: Faults) -> None:
        self._store, self._faults = store, faults

    def settle(self, batch: Sequence[Settlement]) -> None:
        self._faults.crash("before commit")
        if self._faults.due("commit fails"):
            raise StoreUnavailable("disk full")
        self._store.settle(batch)
        if self._faults.due("commit succeeds, its answer is lost"):
            raise StoreUnavailable("connection lost")
        self._faults.crash("after commit")


class Impatience(Patience):
    """Waits for nothing, as nobody else works meanwhile."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(threading.Event())
        self._faults = faults

    def pause(self, seconds: float) -> float:
        if self._faults.due("asked to stop while waiting"):
            raise Stopping
        return seconds


class WatchedSubscription:
    """Passes acks on, after `check` has looked at each."""

    def __init__(self, inner: MemorySubscription, check: Callable[[Tag], None], faults: Faults) -> None:
        self._inner, self._check, self._faults = inner, check, faults

    def ack(self, tags: Sequence[Tag]) -> None:
        for tag in tags:
            self._check(tag)
        self._inner.ack(tags)
        self._faults.crash("after ack")


class Settling(RuleBasedStateMachine):
    """One intake hop between two queues. `_held`: decided and not settled, as in a worker's memory."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory()
        file = Path(self._directory.name) / "hub.db"
        shutil.copy(self.template, file)
        self._store = SqlStore(f"sqlite:///{file}", TENANT, audit_key)
        self._broker = MemoryBroker()
        self._broker.declare(Topology((), (Queue(SOURCE), Queue(TARGET)), (), (), ()))
        self._faults = Faults()
        self._metrics = Metrics()
        self._accepted: list[str] = []
        self._copies = 0  # of what was published before
        self._acked: Counter[str] = Counter()
        self._start()

    def _start(self) -> None:
        self._subscription = self._broker.subscribe(SOURCE, PREFETCH)
        self._held: list[Decided] = []
        self._tags: dict[Tag, str] = {}
        broker, store = FaultyBroker(self._broker, self._faults), FaultyStore(self._store, self._faults)
        unlike: Any = (broker, store)
        self._settler = Settler(*unlike, Impatience(self._faults), self._metrics)

    @initialize(count=st.integers(1, 6))
    def some_are_there(self, count: int) -> None:
        self.a_partner_publishes(count)

    @rule(count=st.integers(1, 6))
    def a_partner_publishes(self, count: int) -> None:
        first = len(self._accepted)
        ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(first, first + count)]
        self._accepted += ids
        self._broker.publish([Outgoing("", SOURCE, b"", Properties(message_id=each)) for each in ids])

    @rule(nth=st.integers(0, 50))
    def a_partner_publishes_again(self, nth: int) -> None:
        """Having lost a confirm."""
        self._copies += 1
        again = self._accepted[nth % len(self._accepted)]
        self._broker.publish([Outgoing("", SOURCE, b"", Properties(message_id=again))])

    @rule(most=st.integers(1, 6))
    def the_worker_takes_and_decides(self, most: int) -> None:
        for delivery in self._subscription.take(most, 0):
            self._tags[delivery.tag] = str(delivery.properties.message_id)
            self._held.append(self._decide(delivery))

    def _decide(self, delivery: Delivery) -> Decided:
        message_id = str(delivery.properties.message_id)
        known = self._store.known(HOP, [message_id]).get(message_id)
        in_hand = any(each.settlement.message_id == message_id for each in self._held)
        if in_hand or (known is not None and known.end is not None):
            return Decided(delivery, (), settlement(message_id, End.DUPLICATE, hop=HOP))
        children = tuple(Child(NEXT, each, "note.kept", "digest") for each in outputs(message_id))
        publishes = tuple(Outgoing("", TARGET, b"", Properties(message_id=one.message_id)) for one in children)
        return Decided(delivery, publishes, settlement(message_id, End.FORWARDED, hop=HOP, children=children))

    @rule(count=st.integers(1, 4), faults=FAULTY, seed=st.integers(0, 2**PREFETCH - 1))
    def the_worker_settles_some(self, count: int, faults: list[str], seed: int) -> None:
        """Of what it holds and takes, those that `seed` has a bit for, as sends end in any order."""
        self.a_partner_publishes(count)
        self.the_worker_takes_and_decides(PREFETCH)
        chosen = [each for n, each in enumerate(self._held) if seed >> (n % PREFETCH) & 1] or self._held
        chosen = [each for each in self._held if any(self._same(each, one) for one in chosen)]  # copies go together
        self._held = [each for each in self._held if not any(each is one for one in chosen)]
        self._settle(chosen, faults)

    @staticmethod
    def _same(one: Decided, other: Decided) -> bool:
        return one.settlement.message_id == other.settlement.message_id

    def _settle(self, chosen: list[Decided], faults: list[str]) -> None:
        self._faults.planned = list(faults)
        watched: Any = WatchedSubscription(self._subscription, self._may_be_acked, self._faults)
        try:
            self._settler.settle(chosen, watched)
        except (Crash, Stopping):
            self.the_process_dies()
        finally:
            self._faults.planned.clear()

    def _may_be_acked(self, tag: Tag) -> None:
        message_id = self._tags[tag]
        known = self._store.known(HOP, [message_id])[message_id]
        assert known.end is End.FORWARDED, "acked before its rows are committed"
        assert set(outputs(message_id)) <= set(self._arrived()), "acked before its outputs are confirmed"
        if self._subscription.current(tag):
            self._acked[message_id] += 1

    @rule()
    def the_channel_is_lost(self) -> None:
        """What the worker holds is stale by now: it is settled all the same, and comes again."""
        self._subscription.drop()

    @rule()
    def the_process_dies(self) -> None:
        self._subscription.close()
        self._start()

    @invariant()
    def nothing_is_lost(self) -> None:
        """What is acked is not in the queue any more; everything else is, or is handed out."""
        queue = self._broker._queues[SOURCE]
        assert len(queue.ready) + queue.unacked == len(self._accepted) + self._copies - self._acked.total()

    def _arrived(self) -> Counter[str]:
        return Counter(str(each.properties.message_id) for each in self._broker._queues[TARGET].ready)

    def teardown(self) -> None:
        try:
            self._finish()
        finally:
            self._broker.close()
            self._store.close()
            self._directory.cleanup()

    def _finish(self) -> None:
        """When everything works again, every message has one end and its outputs have arrived."""
        while True:
            self.the_worker_takes_and_decides(PREFETCH)
            if not self._held:
                break
            held, self._held = self._held, []
            self._settle(held, [])
        assert set(self._acked) == set(self._accepted)
        assert set(self._arrived()) == {each for one in self._accepted for each in outputs(one)}
        balances = {one.hop: one for one in self._store.balances()}
        taken = balances.get(HOP)
        assert taken is None or (taken.accepted, dict(taken.ends)) == (
            len(self._accepted),
            {"forwarded": len(self._accepted)},
        )
        following = balances.get(NEXT)
        assert (following.accepted if following else 0) == len(set(self._arrived()))


def outputs(message_id: str) -> list[str]:
    """The ids of what a message causes: two, one or none, and always the same."""
    return [output_id(TENANT, HOP, message_id, "route", str(n)) for n in range(int(message_id[-12:]) % 3)]


def test_nothing_is_acked_before_its_outputs_are_confirmed_and_its_rows_committed(tmp_path: Path) -> None:
    Settling.template = tmp_path / "template.db"
    migrate(f"sqlite:///{Settling.template}")

    run_state_machine_as_test(Settling, settings=settings(max_examples=80, stateful_step_count=20, deadline=None))
