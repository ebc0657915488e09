"""Settling: publish what a batch caused, wait for the confirms, commit its rows, then ack. In this order, always."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from hub import envelope
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.ports.broker import Broker, Outgoing, PublishOutcome, Subscription
from hub.ports.store import End, Store
from hub.worker.patience import Patience

_log = structlog.get_logger("hub.worker")


class Settler:
    """Settles decided deliveries of one subscription. Used by one thread."""

    def __init__(self, broker: Broker, store: Store, patience: Patience, metrics: Metrics) -> None:
        self._broker = broker
        self._store = store
        self._patience = patience
        self._metrics = metrics

    def settle(self, batch: Sequence[Decided], subscription: Subscription) -> None:
        """Return when everything is settled. Raises Stopping when asked to stop before: the rest stays unacked.

        A full or missing target queue holds back the deliveries that feed it, and with them this subscription;
        the others of the batch are committed and acked at once.
        """
        waiting, wait = list(batch), 0.1
        while waiting:
            settled, waiting = self._publish(waiting)
            if settled:
                self._commit(settled)
                subscription.ack([decided.delivery.tag for decided in settled])
            if waiting:
                wait = self._patience.pause(wait)

    def _publish(self, batch: list[Decided]) -> tuple[list[Decided], list[Decided]]:
        """(fully confirmed, not confirmed) of the batch."""
        publishes: list[Outgoing] = [outgoing for decided in batch for outgoing in decided.publishes]
        if not publishes:
            return batch, []
        outcomes = iter(self._patience.call(lambda: self._broker.publish(publishes)))
        settled: list[Decided] = []
        waiting: list[Decided] = []
        overtaken: set[str] = set()  # records whose next message was not taken: later ones are not accepted before it
        unsettled: set[tuple[str, str]] = set()  # a second copy must not end a message whose first copy still waits
        for decided in batch:
            left = tuple(one for one in decided.publishes if next(outcomes) is not PublishOutcome.CONFIRMED)
            records = {child.sequence_key for child in decided.settlement.children if child.sequence_key}
            own = (decided.settlement.hop, decided.settlement.message_id)
            if left or records & overtaken or own in unsettled:
                waiting.append(replace(decided, publishes=left))
                overtaken |= records
                unsettled.add(own)
            else:
                settled.append(decided)
        if waiting:
            self._metrics.held_back(len(waiting))
            _log.warning("publish_not_taken", messages=len(waiting), queue=waiting[0].delivery.queue)
        return settled, waiting

    def _commit(self, settled: list[Decided]) -> None:
        with self._metrics.committing(len(settled)):
            self._patience.call(lambda: self._store.settle([decided.settlement for decided in settled]))
        for decided in settled:
            self._tell(decided)

    def _tell(self, decided: Decided) -> None:
        one = decided.settlement
        self._metrics.settled(one, decided.tier)
        _log.debug(
            "settled", hop=one.hop, message_id=one.message_id, correlation_id=one.correlation_id, attempt=one.attempt,
            outcome=one.outcome.value, code=one.code or "",
        )  # fmt: skip
        if decided.span is not None:
            decided.span.end(one)
        if one.outcome is End.DELIVERED:
            self._metrics.delivered(one, *envelope.origin(decided.delivery.properties))
