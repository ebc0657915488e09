"""Connector port: the adapter that speaks one partner's wire. It knows nothing of routing, retries or the store.

A module `connectors/<kind>/connector.py` offers `def create(settings: ConnectorSettings) -> Connector` and is found
by discovery. It may import only `hub.ports`, `hub.message`, `hub.errors` and the shared transports.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from hub.errors import Refused
from hub.hours import Hours
from hub.ports.tls import Tls

Idempotency = Literal["key", "query", "none"]

OWN_BROKER = "amqp:"  # address of a connector that publishes to a partner's queue on the hub's broker


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Who the city is to the partner's authorisation server: client credentials with `client_secret_jwt` (RFC 7523).

    `token_url`: its token endpoint, which is also what an assertion is made out to.
    """

    token_url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """What a connector is created with. `url`: base address of the partner; seconds for both timeouts.

    Over AMQP there may be several addresses, of the nodes of a cluster, separated by a space.

    `rate`: most sends a second, all processes together; `hours`: when the partner may be sent to.
    `credential`: what the partner knows the city by, "" where it wants none; `oauth`: tokens instead.
    `seal`: body and message id to what lies in the partner's queue, after it was screened; None: it lies there plain.
    `tls`: whom the hub trusts there and what it shows, where the address is TLS.
    `options`: the `[options]` table of its TOML file, values as text.
    """

    name: str
    url: str = field(repr=False)  # may have a password in it
    connect_timeout: float = 2.0
    read_timeout: float = 10.0
    max_in_flight: int = 16
    max_reply_bytes: int = 4 * 1024 * 1024
    rate: float | None = None
    hours: Hours | None = None
    credential: str = field(default="", repr=False)
    oauth: OAuthClient | None = None
    seal: Callable[[bytes, str], bytes] | None = None
    tls: Tls = field(default_factory=Tls)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """The very bytes about to leave, and where to: what the screen stage looks at and `send` must not change."""

    operation: str
    content: bytes
    content_type: str


def no_attachments(_digest: str) -> bytes:
    """For a message that came without any."""
    raise Refused("attachment.missing", "the message came without attachments")


def no_witness(_status: int | None, _seconds: float) -> None:
    """For calls that nobody counts."""


@dataclass(frozen=True, slots=True)
class SendContext:
    """`key`: the idempotency key, the same for every attempt at this message. Carries no personal data.

    `attachment`: the content of an attachment the document names, by its SHA-256. Raises Refused `attachment.missing`,
    Unavailable `attachment.unavailable`.
    `answered`: to be told of each answer over HTTP: its status, None where there was none, and after how many seconds.
    """

    key: str
    correlation_id: str
    traceparent: str | None = None
    attachment: Callable[[str], bytes] = field(default=no_attachments, repr=False)
    answered: Callable[[int | None, float], None] = field(default=no_witness, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A message the partner's answer contains, as XML under the contract `type`/`version`; the hub validates it."""

    type: str
    document: bytes
    version: int = 1


class Objection(Refused):
    """The partner refused the message, and its refusal contains messages for others.

    `replies`: checked and routed like those of a success; they go out with the dead letter, in the same settlement.
    """

    def __init__(self, code: str, detail: str, replies: Sequence[Reply]) -> None:
        super().__init__(code, detail)
        self.replies = tuple(replies)


class Connector(Protocol):
    """One partner's wire. `send` and `query` are called from up to `max_in_flight` threads at once."""

    idempotency: Idempotency

    def encode(self, operation: str, document: bytes) -> Wire:
        """Turn a document valid under contract `operation` into wire bytes. Pure: no I/O. Raises Refused."""
        ...

    def send(self, wire: Wire, context: SendContext) -> Sequence[Reply]:
        """Deliver. Returns the replies the partner's answer contains, possibly none.

        Raises Unavailable when nothing can have been sent or the partner says it is down (503); Retryable when the
        partner answered and did not act (429, 5xx it documents as not acted); InDoubt when it may have acted
        (time-out, reset after sending); Pending when it took the request and has no result yet;
        Refused when it will never accept (4xx) or its answer is unreadable; Objection when a refusal says something
        that others must hear.
        Bounded in time by the settings' timeouts, whatever the partner does (slow drip included).
        """
        ...

    def query(self, wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        """Ask whether the message took effect: its replies, or None when the partner does not have it.

        Only called where `idempotency` is "query". Raises Retryable or Unavailable when it cannot be asked.
        """
        ...

    def close(self) -> None: ...
