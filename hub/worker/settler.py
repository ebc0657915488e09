"""Settling: publish what a batch caused, wait for the confirms, commit its rows, then ack. In this order, always."""

from collections.abc import Sequence

import structlog

from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.ports.broker import Broker, Outgoing, PublishOutcome, Subscription
from hub.ports.store import Store
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
        for decided in batch:
            own = [next(outcomes) for _ in decided.publishes]
            records = {child.sequence_key for child in decided.settlement.children if child.sequence_key}
            if all(outcome is PublishOutcome.CONFIRMED for outcome in own) and not records & overtaken:
                settled.append(decided)
            else:
                waiting.append(decided)
                overtaken |= records
        if waiting:
            self._metrics.held_back(len(waiting))
            _log.warning("publish_not_taken", messages=len(waiting), queue=waiting[0].delivery.queue)
        return settled, waiting

    def _commit(self, settled: list[Decided]) -> None:
        with self._metrics.committing(len(settled)):
            self._patience.call(lambda: self._store.settle([decided.settlement for decided in settled]))
        for decided in settled:
            self._metrics.settled(decided.settlement, decided.tier)
