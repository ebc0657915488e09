"""A message as AMQP properties of hub-owned queues, and as the JSON kept with a dead letter.

Headers carry ids, type, version and counters only; the body is sealed. `renkei-*` headers are believed only on queues
that the hub alone can write.
"""

import json
from collections.abc import Mapping

from hub.codes import CODES
from hub.errors import Refused
from hub.message import Message
from hub.ports.broker import HeaderValue, Properties

KEY = "renkei-key"
DIGEST = "renkei-digest"
_VERSION = "renkei-version"
_SOURCE = "renkei-source"
_CAUSATION = "renkei-causation"
_PURPOSE = "renkei-purpose"
_ATTEMPT = "renkei-attempt"
_BASE = "renkei-base"
_WAITS = "renkei-waits"
_POLLS = "renkei-polls"
_SEQUENCED = "renkei-sequenced"
_WITHHELD = "renkei-withheld"
_TRACE = "traceparent"
_ACCEPTED = "renkei-accepted"
_PUBLISHED_AS = "renkei-published-as"
_FAULT = "renkei-fault"
_FAULT_DETAIL = "renkei-fault-detail"
CONTENT_TYPE = "application/vnd.renkei.sealed"


def properties(message: Message, digest: str, key_id: str, fault: Refused | None = None) -> Properties:
    """AMQP properties of a sealed message. `fault`: why what was collected from a partner could not be read."""
    headers: dict[str, HeaderValue] = {
        KEY: key_id,
        DIGEST: digest,
        _VERSION: message.version,
        _SOURCE: message.source,
        _ATTEMPT: message.attempt,
    }
    optional: tuple[tuple[str, HeaderValue], ...] = (
        (_CAUSATION, message.causation_id),
        (_PURPOSE, message.purpose),
        (_BASE, message.base),
        (_WAITS, message.waits),
        (_POLLS, message.polls),
        (_SEQUENCED, message.sequenced),
        (_WITHHELD, message.withheld),
        (_TRACE, message.traceparent),
        (_ACCEPTED, message.accepted_at),
        (_PUBLISHED_AS, message.published_as),
        (_FAULT, fault.code if fault else None),
        (_FAULT_DETAIL, fault.detail if fault else None),
    )
    headers.update((name, value) for name, value in optional if value)
    return Properties(message.message_id, message.correlation_id, message.type, CONTENT_TYPE, headers=headers)


def message(received: Properties, body: bytes) -> Message:
    """The message of trusted properties, with the plaintext `body`. Raises Refused `receive.header`."""
    headers = received.headers
    if not (received.message_id and received.type and received.correlation_id):
        raise Refused("receive.header", "a hub-owned message without message_id, type or correlation_id")
    return Message(
        message_id=received.message_id,
        type=received.type,
        version=_integer(headers, _VERSION, 1),
        source=_text(headers, _SOURCE) or "",
        correlation_id=received.correlation_id,
        body=body,
        causation_id=_text(headers, _CAUSATION),
        purpose=_text(headers, _PURPOSE),
        attempt=_integer(headers, _ATTEMPT, 1),
        base=_integer(headers, _BASE, 0),
        waits=_integer(headers, _WAITS, 0),
        polls=_integer(headers, _POLLS, 0),
        sequenced=headers.get(_SEQUENCED) is True,
        withheld=_text(headers, _WITHHELD) or "",
        traceparent=_text(headers, _TRACE),
        accepted_at=_integer(headers, _ACCEPTED, 0) or None,
        published_as=_text(headers, _PUBLISHED_AS),
    )


def origin(received: Properties) -> tuple[int | None, str | None]:
    """Of a message of the hub: when that was accepted of which it was made, and its trace id."""
    headers = received.headers
    trace = _text(headers, _TRACE)
    return _integer(headers, _ACCEPTED, 0) or None, trace.split("-")[1] if trace else None


def fault(received: Properties) -> Refused | None:
    """Why the body cannot be read, where that was found before it became a message. Raises Refused `receive.header`."""
    code = _text(received.headers, _FAULT)
    return Refused(code, _text(received.headers, _FAULT_DETAIL) or "") if code in CODES else None


def key_and_digest(received: Properties) -> tuple[str, str]:
    """Id of the key that opens the body, and the carried digest. Raises Refused `receive.header`."""
    key, digest = _text(received.headers, KEY), _text(received.headers, DIGEST)
    if not key or not digest:
        raise Refused("receive.header", "a hub-owned message without key id or digest")
    return key, digest


def to_json(sealed: Message, digest: str) -> str:
    """The envelope kept beside a dead letter's sealed body. No body, no personal data."""
    fields = {
        name: getattr(sealed, name)
        for name in (
            "message_id",
            "type",
            "version",
            "source",
            "correlation_id",
            "causation_id",
            "purpose",
            "attempt",
            "base",
            "waits",
            "polls",
            "sequenced",
            "withheld",
            "traceparent",
            "accepted_at",
            "published_as",
        )
    }
    return json.dumps(fields | {"digest": digest}, separators=(",", ":"))


def from_json(text: str, body: bytes) -> tuple[Message, str]:
    """Message (with the plaintext `body`) and digest of a dead letter."""
    fields = json.loads(text)
    digest = fields.pop("digest")
    return Message(body=body, **fields), digest


def _text(headers: Mapping[str, object], name: str) -> str | None:
    value = headers.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused("receive.header", f"header {name} is not text")
    return value


def _integer(headers: Mapping[str, object], name: str, default: int) -> int:
    value = headers.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused("receive.header", f"header {name} is not a whole number of 0 or more")
    return value
