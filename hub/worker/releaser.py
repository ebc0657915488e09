"""Handing back what waits in a sequence: once it is the first of its record, it goes into its queue again."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from hub import envelope
from hub.clock import now_us
from hub.errors import Refused
from hub.ports.broker import Broker, Outgoing, PublishOutcome
from hub.ports.store import Store, Waiting
from hub.seal import Sealer

CLAIM_US = 30_000_000  # longer than a publish may take: after it the message is published again, which is harmless
MOST = 200
Lane = Callable[[str, int], str]  # which queue of the hop a message of this type and version waits in
_log = structlog.get_logger("hub.worker")


class Releaser:
    """Of one delivery hop. Publish, confirm, forget: after a crash in between, the second copy is dropped by its id."""

    def __init__(self, hop: str, lane: Lane, store: Store, broker: Broker, sealer: Sealer) -> None:
        self._hop, self._lane = hop, lane
        self._store, self._broker, self._sealer = store, broker, sealer

    def release(self) -> int:
        """Hand back up to MOST messages; returns how many. Raises StoreUnavailable, BrokerUnavailable."""
        now = now_us()
        claimed = self._store.claim_releasable(self._hop, now, now + CLAIM_US, MOST)
        if not claimed:
            return 0
        readable = [(one.message_id, outgoing) for one in claimed if (outgoing := self._outgoing(one)) is not None]
        taken = self._broker.publish([outgoing for _, outgoing in readable]) if readable else []
        confirmed = [
            message_id
            for (message_id, _), outcome in zip(readable, taken, strict=True)
            if outcome is PublishOutcome.CONFIRMED
        ]
        if len(confirmed) < len(claimed):
            _log.warning("publish_not_taken", messages=len(claimed) - len(confirmed), hop=self._hop)
        self._store.released(self._hop, confirmed)
        return len(confirmed)

    def _outgoing(self, waiting: Waiting) -> Outgoing | None:
        """None for one whose key is gone: it stays where it is, the others go on."""
        message, digest = envelope.from_json(waiting.envelope, b"")
        try:
            message = replace(message, body=self._sealer.open(waiting.message_id, waiting.body))
        except Refused as error:
            _log.error("waiting_unreadable", code=error.code, message_id=waiting.message_id)
            return None
        sealed = self._sealer.seal(message.message_id, message.body)
        queue = self._lane(message.type, message.version)
        return Outgoing("", queue, sealed.ciphertext, envelope.properties(message, digest, sealed.key_id))
