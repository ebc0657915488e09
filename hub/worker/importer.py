"""The importer: what the broker itself dead-lettered (delivery limit) becomes a dead letter of the store."""

import threading
from dataclasses import replace

from hub import outcomes
from hub.exchange import Exchange
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.ports.broker import Broker, Delivery, dead_lettered_from
from hub.ports.store import Store
from hub.services import Services
from hub.topology import DEAD_QUEUE, place_of
from hub.worker.patience import Patience, Stopping
from hub.worker.settler import Settler

POLL = 0.5
BATCH = 50


class Importer:
    """Moves messages from the queue `dead` into the store. Importing one twice gives one dead letter."""

    def __init__(self, broker: Broker, store: Store, hub: Services, metrics: Metrics, stop: threading.Event) -> None:
        self.name = f"import:{DEAD_QUEUE}"
        self._broker, self._hub, self._stop = broker, hub, stop
        self._patience = Patience(stop)
        self._settler = Settler(broker, store, self._patience, metrics)

    def run(self) -> None:
        """Work until asked to stop."""
        subscription = self._broker.subscribe(DEAD_QUEUE, BATCH)
        try:
            while not self._stop.is_set():
                deliveries = subscription.take(BATCH, POLL)
                batch = [self._patience.call(lambda: self._import(delivery)) for delivery in deliveries]  # noqa: B023
                self._settler.settle(batch, subscription)
        except Stopping:
            pass
        finally:
            subscription.close()

    def _import(self, delivery: Delivery) -> Decided:
        origin = dead_lettered_from(delivery.properties.headers) or DEAD_QUEUE
        hop, name, trusted = place_of(origin)
        exchange = outcomes.started(hop, name, trusted, [delivery])[0]
        exchange = _at_origin(exchange, origin, trusted, self._hub)
        detail = "handed out again and again without being settled: it may stop the process that handles it"
        return outcomes.dead(exchange, "broker", "broker.dead_lettered", detail, self._hub)


def _at_origin(exchange: Exchange, origin: str, trusted: bool, hub: Services) -> Exchange:
    """The exchange as if taken from its origin queue, opened where possible."""
    return outcomes.received(replace(exchange, delivery=replace(exchange.delivery, queue=origin)), hub)
