"""What the stages pass along: one delivery and what is known of it so far. Frozen; changed by `hub.frozen.changed`."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.message import Message
from hub.ports.broker import Delivery
from hub.ports.connector import Reply, Wire
from hub.ports.fence import Guard
from hub.ports.permissions import Exchanged
from hub.ports.store import PersonRef
from hub.ports.tracing import Span

if TYPE_CHECKING:
    from hub.documents import Contract, Document


@dataclass(frozen=True, slots=True)
class Output:
    """A message to publish: to `queue`, as the start of `hop`.

    `digest` as in `Exchange`, `sequence_key` and `due_at` as in `hub.ports.store.Child`.
    """

    hop: str
    queue: str
    message: Message
    digest: str
    sequence_key: str | None = None
    due_at: int | None = None


@dataclass(frozen=True)
class Exchange:
    """`hop`: "intake.<partner>" or "delivery.<connector>", `name` its second part.

    `trusted`: the queue can be written by the hub alone, so its headers are believed and its body is sealed.
    `digest`: keyed digest of what the partner sent (or a connector replied), carried unchanged along the hops.
    `leased_at`: names the lease this send runs under, None where nothing was sent.
    `send_by`: by the monotonic clock, the last moment a call under that lease may begin and still end within it.
    `sequenced`: goes out only as the first of its record that has no end yet.
    `prior_in_doubt`: an earlier send of this message may have taken effect.
    `objected`: `replies` came with a refusal.
    `links`: persons it names by several numbers; `shield`: the bytes are to say that the person is protected;
    `guard`: what the fence is asked, None where nothing leaves the city.
    `denied`: the code of why an inquiry is not answered; `exchanged`: which step of an inquiry between bodies it is;
    `basis`: the law the sender's purpose rests on, where that is recorded.
    `span`: of this attempt, where traces are recorded.
    """

    hop: str
    name: str
    delivery: Delivery
    started_at: int
    trusted: bool
    message: Message | None = None
    digest: str = ""
    document: "Document | None" = None
    contract: "Contract | None" = None
    persons: tuple[PersonRef, ...] = ()
    state_key: str | None = None
    state_version: int | None = None
    sequenced: bool = False
    wire: Wire | None = None
    leased_at: int | None = None
    send_by: float | None = None
    prior_in_doubt: bool = False
    objected: bool = False
    links: tuple[PersonRef, ...] = ()
    shield: bool = False
    guard: Guard | None = None
    denied: str | None = None
    exchanged: Exchanged | None = None
    basis: str = ""
    replies: tuple[Reply, ...] = ()
    outputs: tuple[Output, ...] = ()
    span: Span | None = None

    @property
    def traceparent(self) -> str | None:
        """The trace context of what this causes: that of the message, unless there is a span of the hub's own."""
        return self.known_message().traceparent if self.span is None else self.span.traceparent

    def calling(self, what: str) -> AbstractContextManager[str | None]:
        """Around one call to the partner: gives the trace context it is told."""
        return nullcontext(self.known_message().traceparent) if self.span is None else self.span.calling(what)

    def known_message(self) -> Message:
        """The message; only before the receive stage is there none, and no later stage may run then."""
        assert self.message is not None
        return self.message

    def known_wire(self) -> Wire:
        assert self.wire is not None
        return self.wire

    def known_document(self) -> "Document":
        assert self.document is not None
        return self.document

    def known_contract(self) -> "Contract":
        assert self.contract is not None
        return self.contract
