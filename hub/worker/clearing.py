"""The clearing worker: what was for one purpose alone does not stay when that is served.

Attachments go when whom they were for has them (R21); 処理通番 when its acquisition has ended or was given up, with the
dead letter that was closed. One that is still open waits for people, and the acquisition with it (R8).
"""

import threading
from collections.abc import Collection, Sequence

import structlog

from hub.errors import Retryable
from hub.ports.attachments import Attachments
from hub.ports.store import End, JournalEntry, Store
from hub.registry import Registry
from hub.worker.patience import Patience, Stopping

_ENDS = frozenset(end.value for end in End)
_log = structlog.get_logger("hub.worker")


class ClearingWorker:
    """`every`: seconds between looks."""

    name = "clearing"

    def __init__(
        self, attachments: Attachments, store: Store, registry: Registry, every: float, stop: threading.Event
    ) -> None:
        self._attachments, self._store, self._registry = attachments, store, registry
        self._every, self._stop = every, stop
        self._patience = Patience(stop)
        self._passing = passing(registry)

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while not self._stop.is_set():
                self._look()
                self._patience.pause(self._every)
        except Stopping:
            pass

    def _look(self) -> None:
        if self._passing:
            self._patience.call(lambda: self._store.empty_closed(self._passing))
        try:
            for owner, kept_at in self._attachments.owners().items():
                entries = self._patience.call(lambda: self._store.trace(owner))  # noqa: B023 - called at once
                types = {each.type for each in entries if each.message_id == owner}
                takers = {f"delivery.{name}" for each in types for name in self._registry.takers(each)}
                if is_over(entries, kept_at, takers):
                    self._attachments.clear(owner)
        except Retryable as error:
            _log.warning("not_cleared", code=error.code, detail=error.detail)


def passing(registry: Registry) -> frozenset[str]:
    """Types that carry the 処理通番 of an acquisition; that of another body's inquiry is what the law records (R30)."""
    return frozenset(
        type
        for type in registry.types()
        for version in registry.versions(type)
        for contract in [registry.contract(type, version)]
        if "processing_number" in contract.identifier_kinds and contract.inquiries is None
    )


def is_over(entries: Sequence[JournalEntry], kept_at: int, takers: Collection[str]) -> bool:
    """Whether it was delivered, and nothing of it that the journal shows is without an end: a dead letter may be sent
    again, with its attachments.

    `kept_at`: when the newest attachment came. The journal must be newer: what has just come for a message that is over
    belongs to another one under its id, of which nothing is written yet. `takers`: the hops at which it is delivered;
    each must have its end. What a send has caused may be further than the send itself, which is made again then.
    """
    places = {(each.hop, each.message_id) for each in entries}
    ended = {(each.hop, each.message_id) for each in entries if each.outcome in _ENDS}
    return (
        max((each.at for each in entries), default=0) > kept_at
        and places == ended
        and bool(takers)
        and {hop for hop, _ in ended}.issuperset(takers)
    )
