"""The sequencer: gives rows of the record their places in the tree, signs its head, and puts that outside (R48).

Every delivering process runs one; a row lock lets one work at a time, so none is needed to lead. The order is: rows,
tree and checkpoint in one commit; the checkpoint on this host's disk; then it counts as covered. A crash in between
leaves checkpoints in the database, and the next round writes them outside.
"""

import threading
import time
from uuid import NAMESPACE_URL, uuid5

import structlog

from hub.audit.outside import OutsideFile
from hub.clock import now_us
from hub.errors import BrokerUnavailable, ConfigError
from hub.metrics import Metrics
from hub.ports.audit import Extended, KeptNote, Sign
from hub.ports.broker import Broker, Outgoing, Properties, PublishOutcome
from hub.ports.store import Store
from hub.topology import CHECKPOINT_QUEUE
from hub.worker.patience import Patience, Stopping

EVERY = 1.0  # seconds between checkpoints
MOST = 2000  # rows of one round: its transaction is short
KEEPER_TIMEOUT = 5.0  # seconds
_PAGE = 1000
_log = structlog.get_logger("hub.audit")


class Sequencer:
    """Runs until asked to stop."""

    name = "audit"

    def __init__(
        self,
        store: Store,
        broker: Broker,
        sign: Sign,
        outside: OutsideFile,
        metrics: Metrics,
        stop: threading.Event,
        every: float = EVERY,
    ) -> None:
        self._store, self._broker, self._sign, self._outside = store, broker, sign, outside
        self._metrics, self._stop, self._every = metrics, stop, every
        self._patience = Patience(stop)
        self._written = self._signed = True
        self._next = 0.0

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while not self._stop.is_set():
                if self._patience.call(self.round) < MOST:
                    self._patience.pause(self._every)
        except Stopping:
            pass

    def round(self) -> int:
        """One round; returns how many rows got a place. Raises StoreUnavailable."""
        extended = self._extend()
        if extended is not None:
            self._report(extended)
        self._put_outside()
        if extended is None:
            return 0
        self._tell_keeper(extended.note)
        return extended.rows

    def _extend(self) -> Extended | None:
        """None also where the key in force is not on this host: another one may sign, and else nothing leaves."""
        try:
            extended = self._store.extend_audit(self._sign, now_us(), MOST)
        except ConfigError as error:
            if self._signed:
                _log.error("checkpoint_not_written", code=error.code, detail=error.detail)
            self._signed = False
            return None
        self._signed = True
        return extended

    def _report(self, extended: Extended) -> None:
        if extended.forged:
            self._metrics.forged(len(extended.forged))
            _log.error("audit_rows_do_not_fit", rows=", ".join(str(place) for place in extended.forged))

    def _put_outside(self) -> None:
        """All checkpoints this host's file lacks, whoever signed them. Nothing is covered that is not on the disk."""
        try:
            at = self._outside.last_size()
            while notes := self._store.audit_checkpoints(at, _PAGE):
                self._outside.append([(one.size, one.note) for one in notes])
                at = notes[-1].size
                self._store.anchor_audit(at)
            written = True
        except ConfigError as error:
            written = False
            if self._written:
                _log.error("checkpoint_not_written", code=error.code, detail=error.detail)
        if written and not self._written:
            _log.info("checkpoint_written_again")
        self._written = written

    def _tell_keeper(self, note: KeptNote) -> None:
        """For a second keeper; where the broker takes none, the next one tells of all before."""
        if time.monotonic() < self._next:
            return
        message_id = str(uuid5(NAMESPACE_URL, note.note))
        properties = Properties(message_id=message_id, type="audit.checkpoint", content_type="text/plain")
        try:
            outcome = self._broker.publish(
                [Outgoing("", CHECKPOINT_QUEUE, note.note.encode(), properties)], KEEPER_TIMEOUT
            )
            if outcome == [PublishOutcome.CONFIRMED]:
                return
            detail = outcome[0].value
        except BrokerUnavailable as error:
            detail = error.detail
        self._next = time.monotonic() + 60.0  # the broker's trouble must not slow the signing down
        _log.warning("keeper_not_told", detail=detail)
