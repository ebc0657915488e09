"""Telling the message that kills the process from those that were only in its company.

A message the broker handed out SUSPECT times without anybody settling it is a suspect: it may be what stops the
process. It is handled alone, and a committed row says so before each handling begins. Who died in between leaves that
row behind: a message that was being handled alone when the process died MOST_DEATHS times is the one, and becomes a
dead letter unread. All others are handled as ever, long before the broker's delivery limit discards them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.broker import Delivery
from hub.ports.store import Store
from hub.seal import Sealer
from hub.worker.patience import Patience

SUSPECT = 2
MOST_DEATHS = 2


class Quarantine:
    """Suspects in one part of the work, which `part` names: each part counts its own deaths."""

    def __init__(self, part: str, store: Store, sealer: Sealer, patience: Patience) -> None:
        self._part = part.encode()
        self._store, self._sealer, self._patience = store, sealer, patience

    @contextmanager
    def handling(self, delivery: Delivery) -> Iterator[None]:
        """Around whatever a message may break. Costs nothing for one that is no suspect.

        Raises Refused `hub.poison` for one that broke it before.
        """
        if delivery.delivery_count < SUSPECT:
            yield
            return
        fingerprint = self._sealer.digest(self._part + b"\0" + delivery.body)
        deaths = self._patience.call(lambda: self._store.suspect(delivery.queue, fingerprint, now_us()))
        if deaths >= MOST_DEATHS:
            raise Refused("hub.poison", f"the process ended {deaths} times while it handled this message alone")
        try:
            yield
        finally:
            self._patience.call(lambda: self._store.absolve(delivery.queue, fingerprint))
