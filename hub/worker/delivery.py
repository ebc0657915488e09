"""The delivery worker: one per connector. Many sends in flight, each under a lease committed before it starts."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from hub import outcomes, pipeline
from hub.clock import now_us
from hub.errors import InDoubt, Retryable, Unavailable
from hub.exchange import Exchange
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.pipeline import Failed
from hub.ports.broker import Broker, Subscription
from hub.ports.connector import ConnectorSettings
from hub.ports.store import Circuit, End, LeaseRequest, Progress, Store, Verdict
from hub.retry import Decision, RetryPolicy, decide
from hub.services import Services
from hub.worker.patience import Patience, Stopping
from hub.worker.settler import Settler

POLL = 0.5  # seconds between looks at the stop event when nothing moves
BUSY_POLL = 0.05  # seconds between tries at a lease another send holds
CIRCUIT_POLL = 0.2  # seconds between looks at an open circuit
SUSPECT = 2  # as in hub.worker.intake
HOLD_US = 600_000_000  # messages held back longer go through a tier: the broker's consumer timeout is 30 minutes
MARGIN = 2.0  # seconds by which a lease outlives the longest possible send


@dataclass(frozen=True, slots=True)
class Held:
    """A prepared exchange that may not go out yet."""

    exchange: Exchange
    since: int


class DeliveryWorker:
    """Runs the delivery hop of one connector."""

    def __init__(
        self, settings: ConnectorSettings, queue: str, policy: RetryPolicy, broker: Broker, store: Store,
        hub: Services, metrics: Metrics, owner: str, batch: int, prefetch: int, stop: threading.Event,
    ) -> None:  # fmt: skip
        self.name = f"delivery:{settings.name}"
        self._settings, self._queue, self._policy = settings, queue, policy
        self._connector = hub.connectors[settings.name]
        self._broker, self._store, self._hub, self._metrics = broker, store, hub, metrics
        self._owner, self._batch, self._prefetch, self._stop = owner, batch, prefetch, stop
        self._patience = Patience(stop)
        self._settler = Settler(broker, store, self._patience, metrics)
        self._results: SimpleQueue[Decided] = SimpleQueue()
        self._held: deque[Held] = deque()  # prepared, in queue order, waiting for a lease
        self._moved = threading.Condition()  # guards the two counts below
        self._in_flight = 0
        self._unsettled = 0
        self._bug: Exception | None = None
        self._circuit = Circuit()
        # a query and a send, each with three quick tries at connecting
        bound = 2 * (3 * settings.connect_timeout + settings.read_timeout) + MARGIN
        self._lease_us = int(bound * 1_000_000)

    def run(self) -> None:
        """Work until asked to stop; sends in flight are finished and settled first."""
        subscription = self._broker.subscribe(self._queue, self._prefetch)
        finished = threading.Event()
        settling = threading.Thread(target=self._settle, args=(subscription, finished), name=f"{self.name}:settle")
        settling.start()
        try:
            with ThreadPoolExecutor(self._settings.max_in_flight, thread_name_prefix=self.name) as pool:
                while not self._stop.is_set():
                    self._step(subscription, pool)
        except Stopping:
            pass
        finally:
            finished.set()
            settling.join()
            subscription.close()

    def _step(self, subscription: Subscription, pool: ThreadPoolExecutor) -> None:
        if self._bug is not None:
            raise self._bug
        self._circuit = circuit = self._patience.call(lambda: self._store.circuit(self._settings.name))
        self._metrics.circuit(self._settings.name, circuit)
        if circuit.paused or circuit.state != "closed":
            self._while_closed_to_traffic(circuit, subscription, pool)
            return
        subscription.resume()
        with self._moved:
            room = self._settings.max_in_flight - self._in_flight
            if room <= 0:
                self._moved.wait(POLL)
                return
        self._prepare(subscription, room - len(self._held), BUSY_POLL if self._held else POLL)
        self._send_held(room, pool, probing=False)

    def _while_closed_to_traffic(self, circuit: Circuit, subscription: Subscription, pool: ThreadPoolExecutor) -> None:
        """Nothing new is consumed; messages in hand wait in order and keep their attempts. One probe goes out."""
        subscription.pause()
        now = now_us()
        if not circuit.paused and now >= max(circuit.probe_at, circuit.probe_until):
            if not self._held:
                self._prepare(subscription, 1, 0)
            if not self._held:
                subscription.resume()
                self._prepare(subscription, 1, CIRCUIT_POLL)
                subscription.pause()
            claimed: bool = bool(self._held) and self._patience.call(self._claim_probe)
            if claimed:
                self._send_held(1, pool, probing=True)
                self._wait_until_idle()
                return
        self._give_back_stale(now)
        self._patience.pause(CIRCUIT_POLL)

    def _claim_probe(self) -> bool:
        now = now_us()
        return self._store.claim_probe(self._settings.name, self._owner, now, now + self._lease_us)

    def _prepare(self, subscription: Subscription, most: int, timeout: float) -> None:
        """Take up to `most` messages and put those that can be sent behind the held ones."""
        if most <= 0:
            if self._held:
                self._patience.pause(BUSY_POLL)
            return
        deliveries = subscription.take(min(most, self._batch), timeout)
        hop = f"delivery.{self._settings.name}"
        for exchange in outcomes.started(hop, self._settings.name, True, deliveries):
            if exchange.delivery.delivery_count >= SUSPECT:
                self._wait_until_idle()
            with self._moved:
                self._unsettled += 1
            prepared = self._patience.call(lambda: pipeline.run(pipeline.PREPARE, exchange, self._hub))  # noqa: B023
            if isinstance(prepared, Failed):
                self._dead(prepared.exchange, prepared.stage, prepared.error.code, prepared.error.detail)
            else:
                self._held.append(Held(prepared, now_us()))

    def _send_held(self, room: int, pool: ThreadPoolExecutor, probing: bool) -> None:
        """Ask for leases in queue order, one transaction for all, and send what is granted."""
        candidates = [self._held.popleft() for _ in range(min(room, len(self._held)))]
        if not candidates:
            return
        requests = [self._request(held.exchange) for held in candidates]
        verdicts = self._patience.call(lambda: self._store.open_leases(requests))
        kept: list[Held] = []
        for held, request, verdict in zip(candidates, requests, verdicts, strict=True):
            match verdict.verdict:
                case Verdict.BUSY | Verdict.CIRCUIT_OPEN:
                    kept.append(held)
                case Verdict.GRANTED:
                    in_doubt = verdict.prior_in_doubt
                    leased = replace(held.exchange, leased_at=request.now, prior_in_doubt=in_doubt)
                    self._start(leased, pool, probing)
                case refusal:
                    self._refused(held.exchange, refusal)
        self._held.extendleft(reversed(kept))

    def _request(self, exchange: Exchange) -> LeaseRequest:
        message, now = exchange.known_message(), now_us()
        return LeaseRequest(
            hop=exchange.hop,
            message_id=message.message_id,
            type=message.type,
            source=message.source,
            correlation_id=message.correlation_id,
            digest=exchange.digest,
            attempt=message.attempt,
            persons=exchange.persons,
            state_key=exchange.state_key,
            version=exchange.state_version,
            owner=self._owner,
            now=now,
            deadline=now + self._lease_us,
        )

    def _start(self, exchange: Exchange, pool: ThreadPoolExecutor, probing: bool) -> None:
        if exchange.prior_in_doubt and self._connector.idempotency == "none":
            detail = "an earlier send was not answered, and this partner cannot be asked"
            self._dead(exchange, "deliver", "deliver.in_doubt", detail)
            return
        with self._moved:
            self._in_flight += 1
        self._metrics.in_flight(self._settings.name, 1)
        pool.submit(self._send, exchange, probing)

    def _refused(self, exchange: Exchange, verdict: Verdict) -> None:
        match verdict:
            case Verdict.DUPLICATE:
                self._results.put(outcomes.ended(exchange, End.DUPLICATE, self._hub))
            case Verdict.SUPERSEDED:
                self._results.put(outcomes.ended(exchange, End.SUPERSEDED, self._hub))
            case Verdict.ID_CONFLICT:
                self._results.put(self._patience.call(lambda: outcomes.conflicting(exchange, self._hub)))
            case Verdict.VERSION_CONFLICT:
                self._dead(exchange, "order", "order.conflict", "this version was sent before with other content")
            case _:
                raise AssertionError(verdict)

    def _send(self, exchange: Exchange, probing: bool) -> None:
        """On a pool thread: one send, from lease to decided outcome."""
        try:
            with self._metrics.sending(self._settings.name):
                result = self._patience.call(lambda: pipeline.run(pipeline.SEND, exchange, self._hub))
            decided = self._patience.call(lambda: self._decide(exchange, result, probing))
            self._results.put(decided)
        except Stopping:
            pass  # the lease stays open: after its deadline the send counts as in doubt
        except Exception as error:  # noqa: BLE001 - raised again by the worker's own thread, which ends the process
            self._bug = error
        finally:
            self._metrics.in_flight(self._settings.name, -1)
            with self._moved:
                self._in_flight -= 1
                self._moved.notify_all()

    def _decide(self, exchange: Exchange, result: Exchange | Failed, probing: bool) -> Decided:
        if not isinstance(result, Failed):
            self._answered(probing)
            return outcomes.ended(result, End.DELIVERED, self._hub)
        error = result.error
        message = exchange.known_message()
        decision = decide(error, message, self._policy, self._connector.idempotency, probing)
        if isinstance(error, (Retryable, InDoubt)):
            unavailable = isinstance(error, Unavailable)
            retry_after = error.retry_after if isinstance(error, Retryable) else None
            self._store.circuit_failure(self._settings.name, now_us(), unavailable or probing, retry_after)
        else:
            self._answered(probing)
        if decision.outcome is Progress.DEAD:
            detail = error.detail if decision.code == error.code else f"last: {error.code} {error.detail}"
            return outcomes.dead(
                exchange,
                result.stage,
                decision.code,
                detail,
                self._hub,
                in_doubt=decision.in_doubt,
            )
        return outcomes.delayed(exchange, decision, count_wait=not probing)

    def _answered(self, probing: bool) -> None:
        """The partner answered; written only where the circuit has something to forget."""
        if probing or self._circuit.failures:
            self._store.circuit_success(self._settings.name, now_us())

    def _dead(self, exchange: Exchange, stage: str, code: str, detail: str) -> None:
        self._results.put(self._patience.call(lambda: outcomes.dead(exchange, stage, code, detail, self._hub)))

    def _give_back_stale(self, now: int) -> None:
        """What has been in hand too long goes round through the longest tier, without counting anything."""
        while self._held and now - self._held[0].since > HOLD_US:
            decision = Decision(Progress.WAIT, "deliver.unavailable", self._policy.tiers[-1])
            self._results.put(outcomes.delayed(self._held.popleft().exchange, decision))

    def _wait_until_idle(self) -> None:
        """Wait until all is settled but what is held."""
        with self._moved:
            while self._unsettled > len(self._held):
                self._moved.wait(POLL)
                if self._stop.is_set():
                    raise Stopping

    def _settle(self, subscription: Subscription, finished: threading.Event) -> None:
        while True:
            batch = self._gather()
            if not batch:
                if finished.is_set() and self._results.empty():
                    return
                continue
            try:
                self._settler.settle(batch, subscription)
            except Stopping:
                return
            with self._moved:
                self._unsettled -= len(batch)
                self._moved.notify_all()

    def _gather(self) -> Sequence[Decided]:
        try:
            batch = [self._results.get(timeout=POLL)]
        except Empty:
            return ()
        while not self._results.empty() and len(batch) < self._batch:
            batch.append(self._results.get())
        return batch
