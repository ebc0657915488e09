"""What a decided delivery will cause: messages to publish and rows to write. Settling them is `hub.worker.settler`."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hub import envelope
from hub.clock import now_us
from hub.errors import Refused
from hub.exchange import Exchange, Output
from hub.frozen import changed
from hub.message import UUID_TEXT, Message, output_id
from hub.ports.broker import Delivery, Outgoing
from hub.ports.fence import Judgement
from hub.ports.holds import NewHold
from hub.ports.store import Child, End, NewDeadLetter, PersonRef, Progress, SealedBody, Settlement, Waiting
from hub.ports.tracing import Span
from hub.retry import Decision
from hub.services import Services
from hub.stages.identify import references
from hub.stages.receive import receive
from hub.topology import hub_lane, retry_name

UNKNOWN_TYPE = "unknown"


@dataclass(frozen=True, slots=True)
class Decided:
    """One delivery whose outcome is known and not yet settled. `tier`: the delay tier it is about to enter.

    `span`: of this attempt, to be ended with the settlement.
    """

    delivery: Delivery
    publishes: tuple[Outgoing, ...]
    settlement: Settlement
    tier: str | None = None
    span: Span | None = None


def ended(exchange: Exchange, end: End, hub: Services) -> Decided:
    """The message has its end here; its outputs go out first."""
    publishes = tuple(sealed(output, hub) for output in exchange.outputs)
    settlement = _settlement(exchange, exchange.known_message(), end, exchange.denied, exchange.outputs)
    if end is End.DUPLICATE and not _is_of_publisher(settlement, hub):
        settlement = replace(settlement, told=None)
    return Decided(exchange.delivery, publishes, settlement, span=exchange.span)


def _is_of_publisher(copy: Settlement, hub: Services) -> bool:
    """Whether a copy may be one its publisher sent: not at a target, nor of what comes over two lanes by itself."""
    return copy.hop.startswith("intake.") and copy.type not in hub.registry.urgent_types().get(copy.source, ())


def delayed(exchange: Exchange, decision: Decision, count_wait: bool = False, count_poll: bool = False) -> Decided:
    """The message goes through the decision's delay tier and comes home to its queue, its sealed body untouched."""
    message = exchange.known_message()
    key_id, _ = envelope.key_and_digest(exchange.delivery.properties)
    if decision.outcome is Progress.RETRY:
        again = changed(message, attempt=message.attempt + 1)
    else:
        again = changed(message, waits=message.waits + count_wait, polls=message.polls + count_poll)
    outgoing = Outgoing(
        retry_name(decision.tier or ""),
        exchange.delivery.queue,
        exchange.delivery.body,
        envelope.properties(again, exchange.digest, key_id),
    )
    settlement = _settlement(exchange, message, decision.outcome, decision.code)
    settlement = replace(settlement, in_doubt=decision.in_doubt)
    return Decided(exchange.delivery, (outgoing,), settlement, decision.tier, exchange.span)


def waiting(exchange: Exchange, hub: Services) -> Decided:
    """The message waits, sealed, in the store until it is the first of its record."""
    message = exchange.known_message()
    body = hub.sealer.seal_stored(message.message_id, message.body, exchange.persons)
    kept = Waiting(message.message_id, envelope.to_json(message, exchange.digest), body, exchange.persons)
    settlement = _settlement(exchange, message, Progress.WAITING, None)
    return Decided(exchange.delivery, (), replace(settlement, waiting=kept), span=exchange.span)


def held(exchange: Exchange, judgement: Judgement, hub: Services) -> Decided:
    """The message waits, sealed, in the store until people have decided on it."""
    message, guard = exchange.known_message(), exchange.guard
    assert guard is not None
    persons = guard.persons
    kept = NewHold(
        code=judgement.code,
        version=judgement.version,
        outgoing=guard.outgoing,
        queue=exchange.delivery.queue,
        envelope=envelope.to_json(_traced(message, exchange), exchange.digest),
        body=hub.sealer.seal_stored(message.message_id, message.body, persons),
        persons=persons,
        gives_way=exchange.state_version is not None,
    )
    settlement = _settlement(exchange, message, Progress.HELD, judgement.code)
    return Decided(exchange.delivery, (), replace(settlement, hold=kept), span=exchange.span)


def dead(
    exchange: Exchange,
    stage: str,
    code: str,
    detail: str,
    hub: Services,
    lease: bool = False,
    in_doubt: bool = False,
    outputs: Sequence[Output] = (),
) -> Decided:
    """The message becomes a dead letter: its sealed body and why it stopped, written with the settlement.

    `outputs`: what its refusal causes; they go out first.
    """
    message = exchange.message or salvage(exchange, hub)
    digest = exchange.digest or _carried_digest(exchange) or hub.sealer.digest(message.body)
    queue = exchange.delivery.queue if exchange.hop.startswith("delivery.") else hub_lane(exchange.name)
    persons = _persons(exchange, hub)
    letter = NewDeadLetter(
        code=code,
        stage=stage,
        explanation=detail,
        queue=queue,
        envelope=envelope.to_json(_traced(message, exchange), digest),
        body=_stored_body(exchange, message, persons, hub),
        persons=persons,
        outgoing=None if exchange.wire is None else hub.sealer.digest(exchange.wire.content),
    )
    settlement = replace(
        _settlement(exchange, message, Progress.DEAD, code, outputs),
        digest=digest,
        dead=letter,
        in_doubt=in_doubt,
    )
    publishes = tuple(sealed(output, hub) for output in outputs)
    return Decided(exchange.delivery, publishes, settlement, span=exchange.span)


def _traced(message: Message, exchange: Exchange) -> Message:
    """What is replayed or let go comes after the attempt that stopped it."""
    return message if exchange.span is None else replace(message, traceparent=exchange.span.traceparent)


def conflicting(exchange: Exchange, hub: Services) -> Decided:
    """A known id came with other content: a dead letter under an id of its own, so both messages stay accounted for."""
    message = exchange.known_message()
    own = output_id(hub.tenant, exchange.hop, message.message_id, "conflict", exchange.digest)
    renamed = changed(exchange, message=changed(message, message_id=own, causation_id=message.message_id))
    return dead(
        renamed,
        "deduplicate",
        "receive.id_conflict",
        "this message id was used before with other content",
        hub,
    )


def received(exchange: Exchange, hub: Services) -> Exchange:
    """The exchange with its message where it can be read, for one that is not to be handled any further."""
    try:
        return receive(exchange, hub)
    except Refused:
        return exchange


def salvage(exchange: Exchange, hub: Services) -> Message:
    """A message for what the receive stage refused: nothing of it is believed but a well-formed id.

    Without one it gets an id of its content, so that delivered again it is the same dead letter. What the hub itself
    wrote is believed: only its body cannot be opened.
    """
    given, body = exchange.delivery.properties, exchange.delivery.body
    if exchange.trusted:
        with suppress(Refused):
            return envelope.message(given, body)
    message_id = given.message_id
    if message_id is None or not UUID_TEXT.fullmatch(message_id):
        content = hub.sealer.digest(f"{message_id}/{given.type}\0".encode() + body)
        message_id = output_id(hub.tenant, exchange.hop, "", "salvaged", content)
    told = None if exchange.trusted else hub.registry.told(exchange.name, message_id)
    return Message(message_id, UNKNOWN_TYPE, 1, exchange.name, message_id, body, published_as=told)


def _stored_body(exchange: Exchange, message: Message, persons: tuple[PersonRef, ...], hub: Services) -> SealedBody:
    if exchange.trusted and exchange.message is None:
        try:  # could not be opened: kept under the key it was sealed with, which may come back
            key_id, _ = envelope.key_and_digest(exchange.delivery.properties)
            return SealedBody(key_id, exchange.delivery.body)
        except Refused:  # no key named either: what arrived is kept as it is, sealed
            pass
    return hub.sealer.seal_stored(message.message_id, message.body, persons)


def _carried_digest(exchange: Exchange) -> str | None:
    """The digest beside a body of the hub that cannot be opened."""
    if not exchange.trusted:
        return None
    try:
        return envelope.key_and_digest(exchange.delivery.properties)[1]
    except Refused:
        return None


def _persons(exchange: Exchange, hub: Services) -> tuple[PersonRef, ...]:
    if exchange.persons or exchange.contract is None or exchange.document is None:
        return exchange.persons
    return references(exchange.contract.persons(exchange.document), hub)


def sealed(output: Output, hub: Services, fault: Refused | None = None) -> Outgoing:
    """A message for a queue of the hub. `fault`: it could not be read, which the next hop says of it."""
    body = hub.sealer.seal(output.message.message_id, output.message.body)
    properties = envelope.properties(output.message, output.digest, body.key_id, fault)
    return Outgoing("", output.queue, body.ciphertext, properties)


def _settlement(
    exchange: Exchange, message: Message, outcome: End | Progress, code: str | None, outputs: Sequence[Output] = ()
) -> Settlement:
    return Settlement(
        hop=exchange.hop,
        message_id=message.message_id,
        type=message.type,
        source=message.source,
        correlation_id=message.correlation_id,
        digest=exchange.digest,
        attempt=message.attempt,
        outcome=outcome,
        code=code,
        started_at=exchange.started_at,
        settled_at=now_us(),
        children=tuple(
            Child(o.hop, o.message.message_id, o.message.type, o.digest, o.sequence_key, o.due_at) for o in outputs
        ),
        leased_at=exchange.leased_at,
        sequenced=exchange.sequenced,
        links=exchange.links,
        disclosed=None if exchange.guard is None else exchange.guard.persons,
        exchanged=exchange.exchanged,
        purpose=message.purpose or "",
        basis=exchange.basis,
        told=message.published_as,
    )


def started(hop: str, name: str, trusted: bool, deliveries: Sequence[Delivery]) -> list[Exchange]:
    """Exchanges for a batch of deliveries."""
    now = now_us()
    return [Exchange(hop, name, delivery, now, trusted) for delivery in deliveries]
