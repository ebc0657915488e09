"""The intake worker: one per intake queue. Decides on one thread, settles on another, so the two overlap."""

import threading
from dataclasses import replace
from queue import Empty, Full, Queue

from hub import outcomes, pipeline
from hub.errors import Refused, RenkeiError
from hub.exchange import Exchange
from hub.jwe import longest
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.pipeline import Failed
from hub.ports.broker import Broker, Delivery, Subscription
from hub.ports.store import End, Known, Store
from hub.services import Services
from hub.worker.patience import Patience, Stopping
from hub.worker.quarantine import SUSPECT, Quarantine
from hub.worker.settler import Settler

POLL = 0.5  # seconds between looks at the stop event


class IntakeWorker:
    """Runs the intake hop of one queue of partner `name`; `trusted` for the hub's own lane."""

    def __init__(
        self, name: str, queue: str, trusted: bool, broker: Broker, store: Store, hub: Services, metrics: Metrics,
        batch: int, prefetch: int, stop: threading.Event,
    ) -> None:  # fmt: skip
        self.name = f"intake:{queue}"
        self._partner, self._queue, self._trusted = name, queue, trusted
        self._broker, self._store, self._hub = broker, store, hub
        self._batch, self._prefetch = batch, prefetch
        self._stop = stop
        self._patience = Patience(stop)
        self._settler = Settler(broker, store, self._patience, metrics)
        self._quarantine = Quarantine("decide", store, hub.sealer, self._patience)
        self._decided: Queue[list[Decided]] = Queue(maxsize=4)

    def run(self) -> None:
        """Work until asked to stop; returns when what was decided is settled or given back."""
        most_bytes = None if self._trusted else longest(self._hub.max_body_bytes)
        subscription = self._broker.subscribe(self._queue, self._prefetch, most_bytes)
        settling = threading.Thread(target=self._settle, args=(subscription,), name=f"{self.name}:settle")
        settling.start()
        try:
            while not self._stop.is_set():
                deliveries = subscription.take(self._batch, POLL)
                if not deliveries:
                    continue
                alone = deliveries[0].delivery_count >= SUSPECT
                if alone:
                    self._drain()
                self._hand_over(self._patience.call(lambda: self._decide(deliveries)))  # noqa: B023 - called at once
                if alone:
                    self._drain()
        except Stopping:
            pass
        finally:
            settling.join()
            subscription.close()

    def _hand_over(self, batch: list[Decided]) -> None:
        while True:
            try:
                self._decided.put(batch, timeout=POLL)
                return
            except Full:
                if self._stop.is_set():
                    raise Stopping from None

    def _drain(self) -> None:
        """Wait until everything handed over is settled."""
        with self._decided.all_tasks_done:
            while self._decided.unfinished_tasks:
                self._decided.all_tasks_done.wait(POLL)
                if self._stop.is_set():
                    raise Stopping

    def _settle(self, subscription: Subscription) -> None:
        while True:
            try:
                batches = [self._decided.get(timeout=POLL)]
            except Empty:
                if self._stop.is_set():
                    return
                continue
            while not self._decided.empty() and sum(map(len, batches)) < self._batch:
                batches.append(self._decided.get())
            try:
                self._settler.settle([decided for batch in batches for decided in batch], subscription)
            except Stopping:
                return
            finally:
                for _ in batches:
                    self._decided.task_done()

    def _decide(self, deliveries: list[Delivery]) -> list[Decided]:
        hop = f"intake.{self._partner}"
        opened = [
            self._named(pipeline.run(pipeline.OPEN, exchange, self._hub))
            for exchange in outcomes.started(hop, self._partner, self._trusted, deliveries)
        ]
        ids = [message.message_id for one in opened if (message := _exchange(one).message) is not None]
        seen = dict(self._store.known(hop, ids)) if ids else {}
        return [self._decide_alone(one, seen) for one in opened]

    def _decide_alone(self, opened: Exchange | Failed, seen: dict[str, Known]) -> Decided:
        exchange = opened.exchange if isinstance(opened, Failed) else opened
        try:
            with self._quarantine.handling(exchange.delivery):
                return self._decide_one(opened, seen)
        except Refused as poison:
            return self._dead(Failed(exchange, "quarantine", poison))

    def _named(self, opened: Exchange | Failed) -> Exchange | Failed:
        """What the door refused is a message as well: the same again must be known, and another under its id too."""
        if self._trusted or isinstance(opened, Exchange) or opened.exchange.message is not None:
            return opened
        message = outcomes.salvage(opened.exchange, self._hub)
        digest = self._hub.sealer.digest(message.body)
        return replace(opened, exchange=replace(opened.exchange, message=message, digest=digest))

    def _decide_one(self, opened: Exchange | Failed, seen: dict[str, Known]) -> Decided:
        exchange = _exchange(opened)
        if isinstance(opened, Failed) and exchange.message is None:
            return self._dead(opened)
        message_id = exchange.known_message().message_id
        known = seen.get(message_id)
        if known is not None and known.digest != exchange.digest:
            return outcomes.conflicting(exchange, self._hub)
        if known is not None and known.end is not None:
            return outcomes.ended(exchange, End.DUPLICATE, self._hub)
        result = pipeline.run(pipeline.INTAKE, opened, self._hub) if isinstance(opened, Exchange) else opened
        if isinstance(result, Failed):
            seen[message_id] = Known(exchange.digest, None)
            return self._dead(result)
        seen[message_id] = Known(exchange.digest, End.FORWARDED)
        return outcomes.ended(result, End.FORWARDED, self._hub)

    def _dead(self, failed: Failed) -> Decided:
        error: RenkeiError = failed.error
        return outcomes.dead(failed.exchange, failed.stage, error.code, error.detail, self._hub)


def _exchange(opened: Exchange | Failed) -> Exchange:
    return opened.exchange if isinstance(opened, Failed) else opened
