"""What travels: a message and the ids derived for it."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid5

# Namespace of every id the hub derives (a constant of this product, not of one installation).
_NAMESPACE = UUID("6f2a7c1e-3d54-5b8e-9a40-7c1f0e9d2b66")

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Message:
    """One message at one hop. Frozen: changed by `hub.frozen.changed`.

    `message_id`      UUID text: the sender's own at intake, derived by `output_id` for what the hub causes
    `type`/`version`  the contract the body claims to satisfy, e.g. "resident.change" and 1
    `source`          the partner or connector the message came in from
    `correlation_id`  one per business flow: the id of the first message
    `causation_id`    the message that caused this one, None for the first
    `purpose`         事務手続コード the sender states; inherited by everything it causes (R69)
    `attempt`         1 for the first delivery; counts only failures that are the message's own
    `base`            the attempt at which this round began; a replay starts a new round with a full set of attempts
    `waits`           how often it met an unreachable partner; bounded so one message cannot flap a circuit for ever
    `polls`           how often the partner was asked for a result it did not have yet
    `sequenced`       it was given a place among the messages of its record: it goes out in its turn
    `withheld`        codes of data items that people have decided not to give, separated by commas
    `traceparent`     W3C trace context: the sender's, else begun here; None in what is older than that
    `published_as`    the id its publisher knows it by, or that of which it was made; None where nobody is to be told
    `accepted_at`     when the hub took in the message this one was made of, or people let it go again (microseconds);
                      None where nobody noted it
    `body`            plaintext bytes; never logged, never in an exception
    """

    message_id: str
    type: str
    version: int
    source: str
    correlation_id: str
    body: bytes
    causation_id: str | None = None
    purpose: str | None = None
    attempt: int = 1
    base: int = 0
    waits: int = 0
    polls: int = 0
    sequenced: bool = False
    withheld: str = ""
    traceparent: str | None = None
    accepted_at: int | None = None
    published_as: str | None = None


def begun_trace(correlation_id: str, message_id: str) -> str:
    """The `traceparent` of a message that came without one: its trace is its business flow, so that both ids say the
    same and a message handed out again has the same trace."""
    return f"00-{correlation_id.replace('-', '')}-{message_id.replace('-', '')[-16:]}-01"


def output_id(tenant: str, source: str, parent_id: str, route: str, target: str) -> str:
    """The id of a message caused by `parent_id` of `source`: a redelivered parent causes the same ids again."""
    return str(uuid5(_NAMESPACE, f"{tenant}/{source}/{parent_id}/{route}/{target}"))
