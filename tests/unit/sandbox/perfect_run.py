"""A scene without processes: a hub that does at once all it should, and partners with books to spoil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hub.client import Publication
from hub.ports.holds import Hold, HoldState
from hub.ports.store import DeadLetter, JournalEntry
from hub.sandbox import launcher, partner_renewal
from hub.sandbox.city import City
from hub.sandbox.demo import LEAST_CITY, SEED
from hub.sandbox.demo_hub import DemoHub
from hub.sandbox.find_broker import Found
from hub.sandbox.flow import Sending
from hub.sandbox.flows import FLOWS, renewal, without_queues
from hub.sandbox.launcher import Partner
from hub.sandbox.scene import Scene

MESSAGES = 20
# what application management takes is acknowledged to the registry, where nothing is due by itself
ACKNOWLEDGED = ("application_management.number_links", "application_management.number_link_set")
Book = list[dict[str, Any]]


def sendings() -> dict[str, Sending]:
    """What the demo sends, by message id; of copies the first."""
    city = City(SEED, LEAST_CITY)
    found: dict[str, Sending] = {}
    for flow in without_queues(FLOWS):
        for each in flow.messages(city, MESSAGES):
            found.setdefault(each.publication.message_id, each)
    return found


def entry(operation: str, correlation_id: str, **values: Any) -> dict[str, Any]:
    """One line of a ledger that changed something."""
    return {
        "key": f"{operation}/{correlation_id}",
        "operation": operation,
        "correlation_id": correlation_id,
        "effect": True,
        "record": "",
        "version": None,
        "reordered": False,
        "violation": None,
    } | values


def hold(message_id: str) -> Hold:
    """Of a message about a protected person."""
    delivery, state = "delivery.disability_subsidy", HoldState.OPEN
    return Hold(1, "its own", message_id, delivery, "t", "welfare", "fence.protected", 1, "", delivery, state, 1)


class BookPartner(Partner):
    """Fails never; its ledger is a list."""

    def __init__(self, name: str) -> None:
        super().__init__(name, Path("/nonexistent"))
        self.book: Book = []
        self.hub: PerfectHub | None = None

    def ledger(self) -> Book:
        return self.book

    def mode(self, mode: str, **details: float | int | None) -> None:
        """It is told, and does not listen."""

    def reset_mode(self) -> None:
        """As before."""

    def lay_out(self, key: str, content: bytes) -> None:
        assert self.hub is not None
        self.hub.fetch(self.name, key)

    def laid_out(self) -> list[str]:
        return []


class PerfectHub(DemoHub):
    """Publishing has all effects at once. `restless`: what never comes to rest."""

    store = "none"

    def __init__(self, partners: Mapping[str, BookPartner]) -> None:
        self._partners = partners
        self._known = sendings()
        self._seen: set[str] = set()
        self.letters: list[DeadLetter] = []
        self.restless: list[str] = []
        self._waiting: list[Sending] = []
        self.holds: dict[str, Hold] = {}

    def start(self) -> None:
        """It is there."""

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        for each in publications:
            if each.message_id not in self._seen:
                self._seen.add(each.message_id)
                known = self._known[each.message_id]
                if known.wave == 3 and known.fate == "effect":  # waits behind what stops
                    self._waiting.append(known)
                    continue
                if known.protects:
                    self.holds[each.message_id] = hold(each.message_id)
                    if known.fate == "held":  # what it causes inside the city
                        self._take(known)
                    continue
                self._take(known)
                if known.wave == 4:
                    for waiting in self._waiting:
                        self._take(waiting)

    def fetch(self, partner: str, key: str) -> None:
        """What is laid out is fetched at once; what a partner has in its own books is not."""
        known = [each for each in self._known.values() if (each.partner, each.tray) == (partner, key)]
        self.publish(partner, [each.publication for each in known[:1]])

    def protect(self, numbers: Iterable[str]) -> None:
        """It knows by itself."""

    def held(self) -> list[Hold]:
        return list(self.holds.values())

    def lift_released(self) -> int:
        return 0

    def let_go(self, hold: Hold) -> None:
        self._take(self._known[self.holds.pop(hold.correlation_id).correlation_id])

    def refuse(self, hold: Hold) -> None:
        del self.holds[hold.correlation_id]

    def _take(self, sending: Sending) -> None:
        message_id = sending.publication.message_id
        for due in sending.dues:
            line = entry(due.operation, due.correlation_id, record=due.record, version=due.version, reason=due.reason)
            self._partners[due.partner].book.append(line)
            if due.operation in ACKNOWLEDGED:
                line = entry("resident_registry.number_links_applied", message_id, record=due.record)
                self._partners["resident_registry"].book.append(line)
        if sending.publication.type == renewal.TYPE and sending.fate == "effect":
            self._renew(sending)
        if sending.fate == "stopped":
            line = entry("resident_registry.full_set_request", message_id)
            self._partners["resident_registry"].book.append(line)
            self.letters.append(letter("delivery.application_management", message_id, sending.code, "replayed"))
        if sending.fate == "refused":
            hop = sending.dies_at or f"intake.{sending.partner}"
            self.letters.append(letter(hop, message_id, sending.code))

    def _renew(self, sending: Sending) -> None:
        """Each child is asked about and decided on; for the first of a list, the dues have what was asked."""
        message_id = sending.publication.message_id
        for child in range(sending.publication.body.count(b"<person>")):
            about = {"key": f"{message_id}/{child}", "record": f"{message_id}/{child}"}
            for partner, operation in renewal.SINGLY if child else ():
                self._partners[partner].book.append(entry(operation, message_id, **about))
            for partner, operation in (renewal.REGISTERED, ("welfare", partner_renewal.CERTIFICATE)):
                self._partners[partner].book.append(entry(operation, message_id, **about))

    def crash(self) -> int:
        raise AssertionError("no process")

    def addresses(self) -> Mapping[str, str]:
        return {}

    def stop(self) -> None:
        """Nothing was started."""

    def unrest(self, published: Iterable[tuple[str, str]]) -> list[str]:
        return self.restless

    def blocked(self) -> frozenset[str]:
        return frozenset()

    def reconciled(self) -> bool:
        return True

    def journal(self, message_id: str) -> list[JournalEntry]:
        return []

    def dead_letters(self) -> list[DeadLetter]:
        return self.letters

    def lines(self) -> Mapping[str, Sequence[str]]:
        return {}

    def replay(self, letters: Iterable[DeadLetter]) -> int:
        return len(list(letters))


def letter(hop: str, message_id: str, code: str, state: str = "open") -> DeadLetter:
    """A dead letter as far as the demo looks at it."""
    return DeadLetter(
        id=1,
        message_id=message_id,
        correlation_id=message_id,
        hop=hop,
        type="",
        source="",
        code=code,
        stage="",
        explanation="",
        attempt=1,
        queue="",
        state=state,
        at=0,
    )


def perfect() -> tuple[Scene, PerfectHub, dict[str, BookPartner]]:
    """A scene in which nothing goes wrong, and its parts."""
    partners = {name: BookPartner(name) for name in launcher.names()}
    hub = PerfectHub(partners)
    for partner in partners.values():
        partner.hub = hub
    return Scene(Found("memory", "in-process", "", ""), partners, hub), hub, partners
