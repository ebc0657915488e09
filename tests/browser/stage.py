"""A console on a hub that has had a bad night: failures of several causes, holds, protections, a partner that is down.

The shipped configuration with the synthetic city; connectors do what they are told and have no network.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from hub import app as composition
from hub import crew, logs, readiness
from hub.client import Publication
from hub.crew import Roles
from hub.errors import Refused, Unavailable
from hub.metrics import Metrics
from hub.ports.accounts import RIGHTS, Actor, Role
from hub.ports.connector import Connector, ConnectorSettings, Reply, SendContext, Wire
from hub.ports.store import DeadFilter
from hub.runner import Runner
from hub.sandbox import inquiries, letters
from hub.sandbox.city import City
from hub.sandbox.flows.eligibility import Eligibility
from hub.sandbox.flows.resident_change import ResidentChange
from hub.sandbox.inquiries import INQUIRER, Inquiry
from hub.sandbox.launcher import addresses, launch, stop_all
from hub.sandbox.numbers import integrated_number
from hub.sandbox.partner_tokens import GUARDED
from hub.sandbox.process import wait_until
from hub.sandbox.thread_hub import ThreadHub
from hub.support import accounts, approvals
from hub.support.accounts import Terms
from hub.support.reconcile import reconcile

DEADLINE = 90.0
CHANGES = 120
REAL = ("integration_platform", "intermediate_server", "resident_registry", "welfare")


@dataclass
class Partners:
    """What all connectors do: by name, `refusing` say no to every message, `down` cannot be reached."""

    refusing: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    sent: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Told:
    """One connector: to its simulated partner where that runs, else to nobody."""

    idempotency = "key"

    def __init__(self, name: str, real: Connector | None, partners: Partners) -> None:
        self._name, self._real, self._partners = name, real, partners

    def encode(self, operation: str, document: bytes) -> Wire:
        if self._real is not None:
            return self._real.encode(operation, document)
        return Wire(operation, document, "application/xml")

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        if self._name in self._partners.down:
            raise Unavailable("deliver.unavailable", "connection refused")
        if self._name in self._partners.refusing:
            raise Refused("deliver.rejected", "status 422")
        with self._partners.lock:
            self._partners.sent.append((self._name, context.key))
        return () if self._real is None else self._real.send(wire, context)

    def query(self, _wire: Wire, _context: SendContext) -> Sequence[Reply] | None:
        return None

    def close(self) -> None:
        if self._real is not None:
            self._real.close()


class Night(ThreadHub):
    """The hub of the stage."""

    def __init__(self, root: Path) -> None:
        self.running = launch(REAL, root / "partners", GUARDED)
        super().__init__(root / "home", addresses(self.running))
        self.city = City(1, 400)
        self.partners = Partners()
        self._given: list[tuple[str, str]] = []
        self._create = composition.create_connector

    def start(self) -> None:
        logs.configure("error")
        composition.create_connector = self._connector
        self._init(composition.MEMORY, None)
        readiness.start_up(self.app)
        metrics = Metrics(self.app.registry.flow_of_types())
        self._runner = Runner(crew.workers(self.app, Roles(collect=False), metrics, self._stop), self._stop)
        self._runner.start()

    def stop(self) -> None:
        try:
            super().stop()
        finally:
            composition.create_connector = self._create
            stop_all(self.running.values())

    def _connector(self, kind: str, settings: ConnectorSettings) -> Told:
        real = self._create(kind, settings) if settings.name in REAL else None
        return Told(settings.name, real, self.partners)

    def tell(self, partner: str, kind: str, purpose: str, body: bytes) -> None:
        """As the partner publishes it."""
        self.give(partner, Publication(kind, body, purpose, message_id=str(uuid4())))

    def give(self, partner: str, publication: Publication) -> None:
        self.publish(partner, [publication])
        self._given.append((partner, publication.message_id))

    def rest(self) -> None:
        """Until nothing is under way any more."""
        wait_until(lambda: not self.unrest(self._given), "at rest", DEADLINE)

    def rest_apart_from(self, connector: str) -> None:
        """The same, where messages for one connector wait for it."""
        hop = f"delivery.{connector}"
        wait_until(lambda: not self._moving(hop), f"at rest apart from {connector}", DEADLINE)

    def _moving(self, hop: str) -> bool:
        accounts = reconcile(self.app.store, self.app.broker, self.app.topology).accounts
        return any(one.unaccounted for one in accounts if one.balance.hop != hop)

    def befall(self) -> None:
        """The night."""
        city, store = self.city, self.app.store
        protected, asked = city.residents[9], city.residents[7]
        for child in (protected, asked):
            body = letters.person_number(child, datetime(2026, 9, 1, 9, tzinfo=UTC))
            self.tell("welfare", "welfare.person_number", "child-medical.numbering", body)
        permitted = inquiries.permission_list(1, [INQUIRER])
        self.tell("intermediate_server", inquiries.LIST, "network.permissions", permitted)
        self.rest()
        self.partners.refusing.add("welfare")
        for sending in ResidentChange().messages(city, CHANGES):
            if sending.wave == 1:
                self.give(sending.partner, sending.publication)
        self.rest()
        self.partners.refusing.clear()
        self.protect([protected.addressee_number, asked.addressee_number])
        for serial in (1, 2):
            body = inquiries.letter(Inquiry(serial, integrated_number(asked.individual_number)))
            self.tell("intermediate_server", inquiries.ASKED, "network.provision", body)
        self.rest()
        self.partners.down.add("pmh")
        for sending in Eligibility().messages(city, 40):
            if sending.wave == 1:
                self.give(sending.partner, sending.publication)
        self.ask()
        store.set_paused("tax", "税システムの定期保守（7:00まで）")
        wait_until(lambda: store.circuit("pmh").state != "closed", "the circuit opens", DEADLINE)

    def ask(self) -> None:
        """Somebody who has an account asks to discard a message that cannot be put right."""
        terms = Terms(frozenset({Role.SUPPORT}), partners=frozenset({"welfare"}))
        accounts.create(self.app.store, self.app.sealer, "hanako", "山田花子", terms, "keeper", "採用")
        (letter,) = self.app.store.dead_letters(DeadFilter(code="validate.xml"), limit=1)
        actor = Actor("hanako", RIGHTS[Role.SUPPORT])
        approvals.ask_discard(self.app.bench, [letter.id], actor, "送信元から正しい電文が届いたため", "T-0412")


@contextmanager
def night(root: Path) -> Iterator[Night]:
    """A hub after such a night; ended with the context."""
    hub = Night(root)
    try:
        hub.start()
        hub.befall()
        yield hub
    finally:
        hub.stop()
