"""The sends of one connector that are under way: each on a thread of its own, from granted lease to decided outcome."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hub import outcomes, pipeline
from hub.clock import now_us
from hub.errors import InDoubt, Late, Pending, Refused, Retryable, Unavailable
from hub.exchange import Exchange
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.pipeline import Failed
from hub.ports.connector import ConnectorSettings, Objection
from hub.ports.store import Circuit, End, Progress, Store
from hub.retry import RetryPolicy, decide, late
from hub.services import Services
from hub.worker.patience import Patience, Stopping
from hub.worker.quarantine import Quarantine

_SHARE, _GATHER = 8, 0.005  # of what may be under way, to be asked for together; seconds it is waited for
POLL = 0.5  # seconds between looks at the stop event when nothing moves


class Sends:
    """`give`: takes each decided outcome. After an outage one send goes out, then two, … up to `max_in_flight`."""

    def __init__(
        self, settings: ConnectorSettings, policy: RetryPolicy, store: Store, hub: Services, metrics: Metrics,
        patience: Patience, give: Callable[[Decided], None],
    ) -> None:  # fmt: skip
        self._settings, self._policy = settings, policy
        self._connector = hub.connectors[settings.name]
        self._store, self._hub, self._metrics = store, hub, metrics
        self._patience, self._give = patience, give
        self._quarantine = Quarantine("send", store, hub.sealer, patience)
        self._pool = ThreadPoolExecutor(settings.max_in_flight, thread_name_prefix=f"delivery:{settings.name}")
        self.started = 0
        self._moved = threading.Condition()  # guards what follows
        self._in_flight = 0
        self._allowed = settings.max_in_flight
        self._circuit = Circuit()
        self._bug: Exception | None = None

    def close(self) -> None:
        """Wait for the sends under way."""
        self._pool.shutdown()

    def look_at(self, circuit: Circuit) -> None:
        """Take note of the circuit. Raises as `check` does."""
        self.check()
        with self._moved:
            self._circuit = circuit
            if circuit.state != "closed":
                self._allowed = 1  # a partner that comes back is not met by everything that has waited

    def check(self) -> None:
        """Raises what a send's thread could not decide: a bug, which ends the process."""
        if self._bug is not None:
            raise self._bug

    def room(self) -> int:
        """How many more may start."""
        with self._moved:
            return self._allowed - self._in_flight

    def wait_for_room(self) -> None:
        """Return when a send has ended, or after a moment.

        Where many are under way, it is a moment later: leases for several cost little more than a lease for one.
        """
        with self._moved:
            if self._allowed <= self._in_flight:
                self._moved.wait(POLL)
                self._moved.wait_for(lambda: self._allowed - self._in_flight >= self._allowed // _SHARE, _GATHER)

    def start(self, exchange: Exchange, prior_attempt: int, probing: bool) -> None:
        """Send under the lease that was granted. `prior_attempt`: that of the send before, which may be in doubt."""
        replayed = exchange.known_message().attempt > prior_attempt  # a person has asked the partner
        if exchange.prior_in_doubt and self._connector.idempotency == "none" and not replayed:
            detail = "an earlier send was not answered, and this partner cannot be asked"
            code = "deliver.in_doubt"
            self._give(self._patience.call(lambda: outcomes.dead(exchange, "deliver", code, detail, self._hub)))
            return
        self.started += 1
        with self._moved:
            self._in_flight += 1
        self._metrics.in_flight(self._settings.name, 1)
        self._pool.submit(self._run, exchange, probing)

    def _run(self, exchange: Exchange, probing: bool) -> None:
        try:
            result = self._send(exchange)
            self._give(self._patience.call(lambda: self._decide(exchange, result, probing)))
        except Stopping:
            pass  # the lease stays open: after its deadline the send counts as in doubt
        except Exception as error:  # noqa: BLE001 - raised again by the worker's own thread, which ends the process
            self._bug = error
        finally:
            self._metrics.in_flight(self._settings.name, -1)
            with self._moved:
                self._in_flight -= 1
                self._moved.notify_all()

    def _send(self, exchange: Exchange) -> Exchange | Failed:
        try:
            with self._quarantine.handling(exchange.delivery), self._metrics.sending(self._settings.name):
                result = self._patience.call(lambda: pipeline.run(pipeline.SEND, exchange, self._hub))
                if isinstance(result, Failed) and isinstance(result.error, Objection):
                    return self._heard(result, result.error)
                return result
        except Refused as poison:
            return Failed(exchange, "quarantine", poison)

    def _heard(self, failed: Failed, objection: Objection) -> Failed:
        """The refusal with what it causes; one that says something nobody agreed on is refused whole itself."""
        objected = replace(failed.exchange, objected=True, replies=objection.replies)
        heard = pipeline.run(pipeline.HEAR, objected, self._hub)
        return heard if isinstance(heard, Failed) else replace(failed, exchange=heard)

    def _decide(self, exchange: Exchange, result: Exchange | Failed, probing: bool) -> Decided:
        if not isinstance(result, Failed):
            self._answered(probing)
            return outcomes.ended(result, End.DELIVERED, self._hub)
        error = result.error
        if isinstance(error, Late):
            return outcomes.delayed(exchange, late(error, self._policy, exchange.prior_in_doubt))
        message = exchange.known_message()
        decision = decide(error, message, self._policy, self._connector.idempotency, probing)
        if isinstance(error, (Retryable, InDoubt)):
            unavailable = isinstance(error, Unavailable)
            retry_after = error.retry_after if isinstance(error, Retryable) else None
            changed = self._store.circuit_failure(self._settings.name, now_us(), unavailable or probing, retry_after)
            with self._moved:
                self._circuit = changed
        else:
            self._answered(probing)
        if exchange.prior_in_doubt and self._connector.idempotency == "query":
            decision = replace(decision, in_doubt=True)  # it could not even be asked: the doubt stays
        if decision.outcome is Progress.DEAD:
            detail = error.detail if decision.code == error.code else f"last: {error.code} {error.detail}"
            in_doubt, outputs = decision.in_doubt, result.exchange.outputs
            stage, code = result.stage, decision.code
            return outcomes.dead(exchange, stage, code, detail, self._hub, in_doubt=in_doubt, outputs=outputs)
        pending = isinstance(error, Pending)
        return outcomes.delayed(exchange, decision, count_wait=not (probing or pending), count_poll=pending)

    def _answered(self, probing: bool) -> None:
        """The partner answered; written only where the circuit has something to forget."""
        with self._moved:
            self._allowed = min(self._allowed + 1, self._settings.max_in_flight)
            forget = probing or self._circuit.failures
        if forget:
            changed = self._store.circuit_success(self._settings.name, now_us())
            with self._moved:
                self._circuit = changed
