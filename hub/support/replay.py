"""Replaying a dead letter: back to the hop it failed in, under its own message id, with a fresh set of attempts."""

from dataclasses import replace

from hub import envelope
from hub.clock import now_us
from hub.errors import BrokerUnavailable, Refused
from hub.message import Message
from hub.ports.broker import Broker, Outgoing, PublishOutcome
from hub.ports.store import SealedBody, Store
from hub.seal import Sealer

# What the door refused must come again through the door: a replay would bypass the check that stopped it.
# `receive.unsealable` was the hub's own trouble, `receive.id_conflict` has an id of its own by now.
_REPLAYABLE_RECEIVE = frozenset({"receive.unsealable", "receive.id_conflict"})
BODIES = 50  # read at once: each may be as large as a message may be


def replayable(code: str) -> bool:
    """False for what only the sender can send again."""
    if code.startswith("receive."):
        return code in _REPLAYABLE_RECEIVE
    return code != "authenticate.sender"


def replay(store: Store, broker: Broker, sealer: Sealer, dead_id: int, who: str, reason: str) -> bool:
    """Replay dead letter `dead_id`, outside any plan; False when it is not open any more.

    Claim, publish, confirm, mark: after a crash in between it can be replayed again, and the hop drops the second
    copy by its message id. Raises Refused `replay.sender_only`, BrokerUnavailable, StoreUnavailable.
    """
    letter = store.dead_letter(dead_id)
    if letter is None:
        return False
    if not replayable(letter.code):
        raise Refused("replay.sender_only", f"dead letter {dead_id} was refused as {letter.code}")
    if not store.claim_replay(dead_id, who, reason):
        return False
    if broker.publish([outgoing(store, sealer, dead_id, letter.queue)]) != [PublishOutcome.CONFIRMED]:
        raise BrokerUnavailable(f"queue {letter.queue} did not take the message; it stays claimed for the next try")
    store.mark_replayed(dead_id)
    return True


def opened(store: Store, sealer: Sealer, dead_id: int) -> tuple[Message, str]:
    """The message as it goes out again, and its digest. Raises Refused `receive.unsealable`."""
    return unsealed(sealer, *store.dead_body(dead_id))


def unsealed(sealer: Sealer, text: str, sealed: SealedBody) -> tuple[Message, str]:
    """As `opened`, of what the store has read. `text`: its envelope."""
    message, digest = envelope.from_json(text, b"")
    body = sealer.open(message.message_id, sealed)
    fresh = replace(message, body=body, attempt=message.attempt + 1, base=message.attempt, waits=0, polls=0)
    return replace(fresh, accepted_at=now_us()), digest  # how long people took is told by the age of dead letters


def outgoing(store: Store, sealer: Sealer, dead_id: int, queue: str) -> Outgoing:
    """The dead letter for its queue, sealed anew. Raises Refused `receive.unsealable`."""
    return sealed_anew(sealer, queue, *opened(store, sealer, dead_id))


def sealed_anew(sealer: Sealer, queue: str, message: Message, digest: str) -> Outgoing:
    """An opened message for its queue."""
    fresh = sealer.seal(message.message_id, message.body)
    return Outgoing("", queue, fresh.ciphertext, envelope.properties(message, digest, fresh.key_id))
