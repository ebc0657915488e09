"""What stage tests share: services over fakes that do as little as possible, and real sealing over keys in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub import envelope
from hub.exchange import Exchange
from hub.message import Message
from hub.ports.broker import Delivery, Properties, Tag
from hub.ports.connector import Reply, SendContext, Wire
from hub.ports.store import PersonRef, WrappedKey
from hub.seal import Sealer
from hub.services import Services

MESSAGE_ID = "11111111-1111-4111-8111-111111111111"


class KeysInMemory:
    """The key port over dictionaries."""

    def __init__(self) -> None:
        self.keys: dict[str, WrappedKey] = {}

    def key(self, key_id: str) -> WrappedKey | None:
        return self.keys.get(key_id)

    def current_key(self, purpose: str, subject: str | None) -> WrappedKey | None:
        found = [k for k in self.keys.values() if (k.purpose, k.subject) == (purpose, subject)]
        return found[-1] if found else None

    def add_key(self, key: WrappedKey) -> WrappedKey:
        self.keys[key.key_id] = key
        return key

    def current_master(self, candidate: str) -> str:
        return candidate

    def person_id(self, person: PersonRef) -> str:
        return person.aliases[0].hash


@dataclass
class FakeConnector:
    """Records what it is asked; answers what the test puts in."""

    idempotency: str = "key"
    found: Sequence[Reply] | None = None
    answer: Sequence[Reply] = ()
    calls: list[tuple[str, SendContext]] = field(default_factory=list)

    def encode(self, operation: str, document: bytes) -> Wire:
        return Wire(operation, document, "application/xml")

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        self.calls.append(("send", context))
        return self.answer

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        self.calls.append(("query", context))
        return self.found

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(bytes(32), KeysInMemory())


class NobodyIsTold:
    """A registry that says no more than that."""

    def told(self, partner: str, message_id: str) -> None:
        return None

    def sunset(self, type: str, version: int) -> None:
        return None


@pytest.fixture
def services(sealer: Sealer) -> Callable[..., Services]:
    def build(
        registry: Any = None, fences: Any = None, permissions: Any = None, size: int = 1000, **connectors: Any
    ) -> Services:
        registry = registry or NobodyIsTold()
        attachments: Any = None  # looked at when one is asked for
        return Services(
            "141305", registry, sealer, connectors, fences, lambda _at: None, permissions, attachments, size
        )

    return build


@pytest.fixture
def at_door() -> Callable[..., Exchange]:
    """An exchange fresh from the door of welfare."""

    def build(body: bytes = b"<x/>", **given: Any) -> Exchange:
        given = {"message_id": MESSAGE_ID, "type": "welfare.eligibility"} | given
        delivery = Delivery("intake.welfare", Tag(1, 1), body, Properties(**given))
        return Exchange("intake.welfare", "welfare", delivery, 0, trusted=False)

    return build


@pytest.fixture
def in_hub(sealer: Sealer) -> Callable[..., Exchange]:
    """An exchange as a hub-owned queue delivers it: sealed, not yet received."""

    def build(message: Message, queue: str = "delivery.pmh", digest: str = "d") -> Exchange:
        sealed = sealer.seal(message.message_id, message.body)
        properties = envelope.properties(message, digest, sealed.key_id)
        hop, name = queue.split(".")[:2]
        return Exchange(
            f"{hop}.{name}", name, Delivery(queue, Tag(1, 1), sealed.ciphertext, properties), 0, trusted=True
        )

    return build
