"""A run of the harness: load, faults, healing, what must change nothing any more, verdict."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.errors import BrokerUnavailable, ConfigError, StoreUnavailable
from hub.sandbox.city import City
from hub.sandbox.demo import LEAST_CITY, PERSONS_PER_MESSAGE
from hub.sandbox.faults.ear import untold
from hub.sandbox.faults.faulty_hub import FaultyHub
from hub.sandbox.faults.injector import TICK, Injector
from hub.sandbox.faults.load import Load, grounded
from hub.sandbox.faults.migrations import Migrations
from hub.sandbox.faults.outcome import Outcome
from hub.sandbox.faults.plan import plan
from hub.sandbox.faults.replayer import Replayer
from hub.sandbox.faults.theatre import Theatre
from hub.sandbox.faults.verdict import Evidence, judge
from hub.sandbox.faults.witness import breaches
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.process import wait_until
from hub.sandbox.waves import by_partner, rounds
from hub.topology import answer_queue

ORDERED = "F2"
LEAST_PERSONS, MESSAGES_PER_PERSON = 25, 10  # so few that changes of one person meet each other on their way
RATE = 6.0  # messages a second
SECONDS_PER_FAULT = 1.2  # more than a fault takes, so that the load outlasts the plan
LEAST_MESSAGES = 40  # per flow
EVERY = 20  # messages
SLICES = 200  # so short that every partner has something to do every few seconds
REST_SECONDS = 180.0
BUGS = frozenset({"worker_failed", "stage_failed"})
Progress = Callable[[str, float], None]


@dataclass
class Run:
    """`faults`: so many, or as many as `minutes` allow."""

    theatre: Theatre
    flows: Sequence[Flow]
    seed: int
    faults: int
    minutes: float
    progress: Progress

    def play(self) -> Outcome:
        """Everything, in order."""
        began = time.monotonic()
        seconds = min(self.minutes * 60, self.faults * SECONDS_PER_FAULT + 60)
        most = max(LEAST_MESSAGES, math.ceil(RATE * seconds / len(self.flows)))
        city = City(self.seed, max(LEAST_CITY, PERSONS_PER_MESSAGE * most))
        hot = City(self.seed, max(LEAST_PERSONS, most // MESSAGES_PER_PERSON))
        drawn = [each for flow in self.flows for each in flow.messages(hot if flow.id == ORDERED else city, most)]
        sendings = [held_back(each) if each.protects else each for each in drawn]
        hub, sent = self.theatre.hub, [each for each in sendings if each.wave == 0]
        self.progress("before anything fails", 0.0)
        unrest = self._calm(sent, sent)
        hub.protect([each.protects for each in sendings if each.protects])
        later = [s for s in sendings if s.wave == 1 and s.fate != "held"]
        held = [s for s in sendings if s.wave == 1 and s.fate == "held"]
        load = Load(hub, _mixed([e for part in rounds(later, SLICES) for e in part], held), RATE)
        refused = {each.publication.message_id: each.code for each in sendings if each.fate == "refused"}
        replayer = Replayer(hub, refused)
        migrations = Migrations(hub, self.theatre.root / "migrations", self.theatre.servers.new_database)
        injector = Injector(self.theatre, load, replayer, migrations, plan(self.seed, self.theatre.store), self.seed)
        if not unrest:
            self._inject(injector, load, began + self.minutes * 60)
            self.progress("healed: coming to rest", 0.9)
            unrest = self._recover(injector, replayer, sent + load.sent)
        sent += load.sent
        if not unrest:
            self.progress("what must change nothing any more", 0.95)
            last = grounded([each for each in sendings if each.wave == 2], sent)
            sent += last
            unrest = self._calm(last, sent)
        self.progress("judging", 0.99)
        return self._outcome(injector, migrations, sent, unrest, time.monotonic() - began)

    def _inject(self, injector: Injector, load: Load, ends_at: float) -> None:
        load.start()
        try:
            said = 0
            while injector.injected < self.faults and time.monotonic() < ends_at and load.is_alive():
                injector.tick()
                if injector.injected // 25 > said:
                    said = injector.injected // 25
                    self.progress(
                        f"{injector.injected} faults, {len(load.sent)} messages", 0.9 * injector.injected / self.faults
                    )
                time.sleep(TICK)
        finally:
            injector.heal()
            load.finish()

    def _recover(self, injector: Injector, replayer: Replayer, sent: Sequence[Sending]) -> list[str]:
        """Replay until nothing is dead that should not be, and all is at rest."""
        published = _published(sent)
        unrest: list[str] = []

        def recovered() -> bool:
            injector.keep_alive()
            if replayer.replay():
                replayer.finish()
                return False
            unrest[:] = _unrest(self.theatre.hub, published)
            return not unrest and not replayer.left()

        try:
            wait_until(recovered, "recovered", REST_SECONDS)
        except TimeoutError:
            return unrest or ["something is dead again and again"]
        return []

    def _calm(self, part: Sequence[Sending], sent: Sequence[Sending]) -> list[str]:
        """Publish to a hub in which nothing is broken, and wait for rest; returns what did not come to it."""
        for partner, publications in by_partner(part).items():
            self.theatre.hub.publish(partner, publications)
        published = _published(sent)
        unrest: list[str] = []

        def at_rest() -> bool:
            unrest[:] = _unrest(self.theatre.hub, published)
            return not unrest

        try:
            wait_until(at_rest, "at rest", REST_SECONDS)
        except TimeoutError:
            return unrest
        return []

    def _outcome(
        self, injector: Injector, migrations: Migrations, sent: Sequence[Sending], unrest: list[str], seconds: float
    ) -> Outcome:
        hub = self.theatre.hub
        written = {name: partner.ledger() for name, partner in self.theatre.partners.items()}
        evidence = Evidence(
            sent=sent,
            ledgers=written,
            letters=hub.dead_letters(),
            holds=hub.held(),
            breaches=breaches(hub.witnesses()),
            untold=untold(hub.app.broker, _told(hub, sent)),
            queues=_work(self.theatre.servers.queues(), hub),
            bugs=_bugs(hub.logs()),
            unrest=unrest,
            unmigrated=migrations.broken(),
            reconciled=hub.reconciled(),
        )
        times = {name: [entry["at"] for entry in book if entry["effect"]] for name, book in written.items()}
        return Outcome(
            seed=self.seed,
            store=self.theatre.store,
            broker=self.theatre.broker,
            by_kind=dict(sorted(injector.counts.items())),
            verdict=judge(self.flows, evidence),
            recovery=injector.watch.longest(times),
            seconds=seconds,
        )


def _mixed(load: Sequence[Sending], early: Sequence[Sending]) -> list[Sending]:
    """One of `early` in front of every few others, so that even a short run has sent them."""
    mixed = list(load)
    for number, each in enumerate(early):
        mixed.insert(number * EVERY, each)
    return mixed


def held_back(sending: Sending) -> Sending:
    """Sent under faults, about somebody protected since before: nobody lets it go, so it never leaves the city."""
    return replace(sending, fate="held", dues=sending.dues[:1], wave=1)


def _published(sent: Sequence[Sending]) -> list[tuple[str, str]]:
    return sorted({(each.partner, each.publication.message_id) for each in sent})


def _told(hub: FaultyHub, sent: Sequence[Sending]) -> set[tuple[str, str]]:
    registry = hub.app.registry
    return {(partner, message_id) for partner, message_id in _published(sent) if registry.told(partner, message_id)}


def _work(queues: Mapping[str, int], hub: FaultyHub) -> dict[str, int]:
    """Without the queues in which publishers are told. What was told by a process that was killed before it could say
    so is told again a minute later, under the same id: it may come when all has been heard.
    """
    partners = hub.app.registry.partners.values()
    told = {answer_queue(one.name) for one in partners if one.answers}
    return {name: count for name, count in queues.items() if name not in told}


def _unrest(hub: FaultyHub, published: Sequence[tuple[str, str]]) -> list[str]:
    try:
        return hub.unrest(published)
    except (StoreUnavailable, BrokerUnavailable, ConfigError) as error:
        return [str(error)]


def _bugs(logs: Sequence[Path]) -> list[str]:
    found = []
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                event = json.loads(line)
                if event.get("event") in BUGS:
                    found.append(f"{log.stem}: {event}")
            elif line.startswith("Traceback"):
                found.append(f"{log.stem}: a traceback")
    return found
