"""The engine over a small home, real workers and a real store; connectors that do what a test tells them."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from hub import app as composition
from hub import crew, discovery
from hub.app import App
from hub.crew import Roles
from hub.errors import RenkeiError
from hub.installation import init_home
from hub.metrics import Metrics
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.ports.connector import ConnectorSettings, Reply, SendContext, Wire
from hub.ports.store import DeadFilter, DeadLetter
from hub.runner import Runner
from hub.support import fences
from hub.topology import INTAKE_EXCHANGE
from tests.nodes import RabbitVhost
from tests.small_home import NOTE, write_home

DEADLINE = 30.0
TIERS = ["50ms", "100ms"]

Behaviour = Callable[[Wire, SendContext], Sequence[Reply]]


@dataclass
class ScriptedConnector:
    """Answers by `behaviour`; remembers every send, and each effect under its key."""

    idempotency: str = "key"
    behaviour: Behaviour = lambda _wire, _context: ()
    sends: list[str] = field(default_factory=list)
    effects: dict[str, bytes] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def encode(self, operation: str, document: bytes) -> Wire:
        return Wire(operation, document, "application/xml")

    def act(self, wire: Wire, context: SendContext) -> None:
        """Take effect, once per key."""
        with self._lock:
            if context.key not in self.effects:
                self.order.append(wire.content)
            self.effects.setdefault(context.key, wire.content)

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        with self._lock:
            self.sends.append(context.key)
        replies = self.behaviour(wire, context)
        self.act(wire, context)
        return replies

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        with self._lock:
            self.asked.append(context.key)
        return () if context.key in self.effects else None

    def close(self) -> None:
        """Nothing is open."""


def note(number: int = 1, version: int = 1, type: str = "office.note", **changes: str) -> bytes:
    """A note about person `number` at `version` of their record."""
    text = NOTE.format(type=type).replace("000000000000123", f"{number:015d}").replace(">7<", f">{version}<")
    for old, new in changes.items():
        text = text.replace(old, new)
    return text.encode()


class Engine:
    """Start with `run`; publish through the door as `office`; look at connectors, dead letters and traces."""

    def __init__(
        self,
        root: Path,
        monkeypatch: pytest.MonkeyPatch,
        amqp_url: str = composition.MEMORY,
        prepare: Callable[[Path], None] = lambda _root: None,
        store_url: str | None = None,
    ) -> None:
        """`prepare` changes the home before it is first read; without `store_url` the store is a file of the home."""
        write_home(root)
        prepare(root)
        (root / "hub.toml").unlink()
        self.app = App(root)
        self.archive = ScriptedConnector()
        self.desk = ScriptedConnector()
        kinds = {"archive": root, "desk": root}
        monkeypatch.setattr(discovery, "kinds", lambda: kinds)
        monkeypatch.setattr(composition, "create_connector", self._connector)
        tiers = ", ".join(f'"{tier}"' for tier in TIERS)
        extra = f"tiers = [{tiers}]\nbatch = 50\nprefetch = 100\n"
        if store_url is not None:
            extra += f'store_url = "{store_url}"\n'
        init_home(self.app, "141305", amqp_url, None, extra=extra, sandbox=True)
        fences.load(self.app.store, [], "a clerk")
        fences.complete(self.app.store, "a supervisor")
        self.app.broker.declare(self.app.topology)
        self._stop = threading.Event()
        self._runner: Runner | None = None

    def _connector(self, kind: str, _settings: ConnectorSettings) -> ScriptedConnector:
        return self.archive if kind == "archive" else self.desk

    def run(self, roles: Roles | None = None) -> None:
        self._stop = threading.Event()
        self.metrics = Metrics(self.app.registry.flow_of_types())
        self._runner = Runner(crew.workers(self.app, roles or Roles(), self.metrics, self._stop), self._stop)
        self._runner.start()

    def stop(self) -> int:
        """Stop the workers; returns the exit code."""
        self._stop.set()
        return self._runner.wait(DEADLINE) if self._runner else 0

    def close(self) -> None:
        code = self.stop()
        App.close(self.app)  # a test may have kept its commands from doing so
        assert code == 0, "a worker ended unexpectedly"

    def publish(self, body: bytes, **given: object) -> str:
        """Publish through the door; returns the message id."""
        key = str(given.pop("routing_key", "office.office.note"))
        headers = given.pop("headers", {"purpose": "JT-1"})
        properties = {"message_id": str(uuid4()), "type": "office.note", "headers": headers} | given
        outgoing = Outgoing(INTAKE_EXCHANGE, key, body, Properties(**properties))  # type: ignore[arg-type]
        assert self.app.broker.publish([outgoing]) == [PublishOutcome.CONFIRMED]
        return str(properties["message_id"])

    def dead(self, **where: object) -> list[DeadLetter]:
        return self.app.store.dead_letters(DeadFilter(**where))  # type: ignore[arg-type]

    def ends(self, hop: str) -> dict[str, int]:
        """How many messages ended how at a hop."""
        return next((dict(b.ends) for b in self.app.store.balances() if b.hop == hop), {})

    def await_(self, condition: Callable[[], object], what: str = "the condition") -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come true"
            time.sleep(0.02)

    def await_ended(self, hop: str, **counts: int) -> None:
        """Wait until the hop's ends are exactly these."""
        self.await_(lambda: self.ends(hop) == counts, f"{hop} {counts}, found {self.ends(hop)}")


def built(
    request: pytest.FixtureRequest,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Path], None] = lambda _root: None,
) -> Iterator[Engine]:
    """The engine on the broker of `request.param`: "memory", or "rabbit" with all policies."""
    if request.param == "memory":
        engine = Engine(root, monkeypatch, prepare=prepare)
    else:
        engine = on_rabbit(request.getfixturevalue("rabbit_vhost"), root, monkeypatch, prepare)
    yield engine
    engine.close()


def on_rabbit(
    vhost: RabbitVhost,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Path], None] = lambda _root: None,
) -> Engine:
    """The engine with all its policies; the caller closes it."""
    engine = Engine(root, monkeypatch, vhost.amqp_url, prepare)
    for policy in engine.app.topology.policies:
        body = {"pattern": policy.pattern, "definition": dict(policy.definition), "apply-to": "queues"}
        vhost.management.call("PUT", "policies", vhost.vhost, policy.name, body=body)
    return engine


def failing(error: RenkeiError, times: int) -> Behaviour:
    """Raise `error` for the first `times` sends, then work."""
    left = [times]
    lock = threading.Lock()

    def behave(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        with lock:
            left[0] -= 1
            if left[0] >= 0:
                raise error
        return ()

    return behave
