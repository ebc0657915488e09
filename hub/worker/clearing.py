"""The clearing worker: attachments do not stay here when whom they were for has them (R21)."""

import threading
from collections.abc import Sequence

import structlog

from hub.errors import Retryable
from hub.ports.attachments import Attachments
from hub.ports.store import End, JournalEntry, Store
from hub.worker.patience import Patience, Stopping

_ENDS = frozenset(end.value for end in End)
_log = structlog.get_logger("hub.worker")


class ClearingWorker:
    """`every`: seconds between looks."""

    name = "clearing"

    def __init__(self, attachments: Attachments, store: Store, every: float, stop: threading.Event) -> None:
        self._attachments, self._store = attachments, store
        self._every, self._stop = every, stop
        self._patience = Patience(stop)

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while not self._stop.is_set():
                self._look()
                self._patience.pause(self._every)
        except Stopping:
            pass

    def _look(self) -> None:
        try:
            for owner, kept_at in self._attachments.owners().items():
                if is_over(self._patience.call(lambda: self._store.trace(owner)), kept_at):  # noqa: B023 - called at once
                    self._attachments.clear(owner)
        except Retryable as error:
            _log.warning("not_cleared", code=error.code, detail=error.detail)


def is_over(entries: Sequence[JournalEntry], kept_at: int) -> bool:
    """Whether it was delivered, and nothing of it that the journal shows is without an end: a dead letter may be sent
    again, with its attachments.

    `kept_at`: when the newest attachment came. The journal must be newer: what has just come for a message that is over
    belongs to another one under its id, of which nothing is written yet.
    """
    places = {(each.hop, each.message_id) for each in entries}
    ended = {(each.hop, each.message_id) for each in entries if each.outcome in _ENDS}
    return (
        max((each.at for each in entries), default=0) > kept_at
        and places == ended
        and any(hop.startswith("delivery.") for hop, _ in ended)
    )
