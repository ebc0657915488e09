"""The collect worker: fetches what a partner lays out and puts it into the partner's own intake, then confirms it."""

import threading
from collections.abc import Sequence
from functools import partial

import structlog

from hub import outcomes
from hub.errors import InDoubt, Refused, Retryable
from hub.exchange import Output
from hub.message import Message, begun_trace, output_id
from hub.metrics import Metrics
from hub.ports.broker import Broker, PublishOutcome
from hub.ports.collector import Collected, Collector
from hub.ports.store import Store
from hub.services import Services
from hub.topology import hub_lane
from hub.worker.patience import Patience, Stopping

_log = structlog.get_logger("hub.worker")


class CollectWorker:
    """One per collecting connector. `every`: seconds between looks; `purpose`: what its messages are for (R69).

    A partner is told only when the broker has confirmed. After a crash in between the same is fetched again, under the
    same message ids, and the intake hop drops it.
    """

    def __init__(
        self, connector: str, collector: Collector, every: float, purpose: str, broker: Broker, store: Store,
        hub: Services, metrics: Metrics, batch: int, stop: threading.Event,
    ) -> None:  # fmt: skip
        self.name = f"collect:{connector}"
        self._connector, self._collector = connector, collector
        self._every, self._purpose = every, purpose
        self._broker, self._store, self._hub, self._metrics = broker, store, hub, metrics
        self._batch, self._stop = batch, stop
        self._patience = Patience(stop)

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while not self._stop.is_set():
                if self._is_paused() or not self._collect():
                    self._patience.pause(self._every)
        except Stopping:
            pass
        finally:
            self._collector.close()

    def _is_paused(self) -> bool:
        circuit = self._patience.call(lambda: self._store.circuit(self._connector))
        return circuit.paused or circuit.draining

    def _collect(self) -> bool:
        """Whether there may be more."""
        try:
            found = self._collector.collect(self._batch)
            taken = self._publish(found) if found else []
            if taken:
                self._collector.confirm(taken)
        except (Retryable, InDoubt, Refused) as error:
            self._metrics.not_collected(self._connector, error.code)
            _log.warning("not_collected", connector=self._connector, code=error.code, detail=error.detail)
            return False
        return bool(found) and len(taken) == len({one.key for one in found})

    def _publish(self, found: Sequence[Collected]) -> list[str]:
        """Keys of what the broker has taken, whole."""
        for one in found:
            for digest, content in one.attachments.items():
                keep = partial(self._hub.attachments.keep, self._id(one), digest, content)
                self._patience.call(keep)
        publishes = [
            self._patience.call(lambda: outcomes.sealed(self._output(one), self._hub, one.fault))  # noqa: B023 - called at once
            for one in found
        ]
        confirmed = self._patience.call(lambda: self._broker.publish(publishes))
        left = {
            one.key for one, outcome in zip(found, confirmed, strict=True) if outcome is not PublishOutcome.CONFIRMED
        }
        taken = [one for one in found if one.key not in left]
        for one in taken:
            self._metrics.collected(self._connector, one.type)
        return list(dict.fromkeys(one.key for one in taken))

    def _output(self, one: Collected) -> Output:
        message_id = self._id(one)
        message = Message(
            message_id, one.type, one.version, self._connector, message_id, one.document, purpose=self._purpose,
            traceparent=begun_trace(message_id, message_id),
        )  # fmt: skip
        digest = self._hub.sealer.digest(f"{one.type}/{one.version}/{self._purpose}\0".encode() + one.document)
        return Output(f"intake.{self._connector}", hub_lane(self._connector), message, digest)

    def _id(self, one: Collected) -> str:
        name = f"{one.key}/{one.variant}" if one.variant else one.key
        return output_id(self._hub.tenant, self._connector, name, "collect", one.type)
