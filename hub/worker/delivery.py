"""The delivery worker: one per connector. Many sends in flight, each under a lease committed before it starts."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from queue import Empty, SimpleQueue

from hub import circuit as rules
from hub import outcomes, pipeline
from hub.clock import now_us
from hub.errors import Refused
from hub.exchange import Exchange
from hub.metrics import Metrics
from hub.outcomes import Decided
from hub.pipeline import Failed
from hub.ports.broker import Broker, Subscription
from hub.ports.connector import ConnectorSettings
from hub.ports.store import Circuit, End, LeaseVerdict, Progress, Store, Verdict
from hub.retry import Decision, RetryPolicy
from hub.services import Services
from hub.topology import DELIVERY_LIMIT
from hub.worker.fence_watch import FenceWatch
from hub.worker.hand import Hand, Held
from hub.worker.lease_request import lease_request
from hub.worker.patience import Patience, Stopping
from hub.worker.quarantine import SUSPECT, Quarantine
from hub.worker.releaser import Lane, Releaser
from hub.worker.sends import POLL, Sends
from hub.worker.settler import Settler

BUSY_POLL = 0.05  # seconds between tries at a lease another send holds
CIRCUIT_POLL = 0.2  # seconds between looks at an open circuit
RELEASE_POLL = 0.5  # seconds between looks for waiting messages whose turn has come
LEFT_POLL = 30.0  # the same where no route keeps an order any more
HOLD = 600.0  # seconds; messages in hand longer go round through a tier: the broker's consumer timeout is 30 minutes
# Deliveries without settling after which a message goes round: it was in hand when others stopped the process, or the
# connection was lost. One that stops the process itself is found out long before, see `hub.worker.quarantine`.
WORN = DELIVERY_LIMIT // 2
MARGIN = 2.0  # seconds by which a lease outlives the longest possible send


class DeliveryWorker:
    """Runs the delivery hop of one connector."""

    def __init__(
        self, settings: ConnectorSettings, queue: str, policy: RetryPolicy, broker: Broker, store: Store,
        hub: Services, metrics: Metrics, owner: str, batch: int, prefetch: int, stop: threading.Event,
        watch: FenceWatch,
    ) -> None:  # fmt: skip
        self.name = f"delivery:{queue.removeprefix('delivery.')}"
        self._hop = f"delivery.{settings.name}"
        self._settings, self._queue, self._policy = settings, queue, policy
        self._broker, self._store, self._hub, self._metrics = broker, store, hub, metrics
        self._owner, self._batch, self._prefetch, self._stop = owner, batch, prefetch, stop
        self._watch = watch
        self._patience = Patience(stop)
        self._settler = Settler(broker, store, self._patience, metrics)
        self._quarantine = Quarantine("prepare", store, hub.sealer, self._patience)
        lane: Lane = lambda type, version: hub.registry.lane(type, version, settings.name)  # noqa: E731 - bound here
        self._releaser = Releaser(self._hop, lane, store, broker, hub.sealer)
        self._release_at = 0.0
        self._release_poll = RELEASE_POLL if hub.registry.sequenced(settings.name) else LEFT_POLL
        self._results: SimpleQueue[Decided] = SimpleQueue()
        self._sends = Sends(settings, policy, store, hub, metrics, self._patience, self._results.put)
        self._hand = Hand()
        self._settled = threading.Condition()  # guards the count below
        self._unsettled = 0
        self._longest_call = 3 * settings.connect_timeout + settings.read_timeout  # three quick tries at connecting
        self._lease_us = int((2 * self._longest_call + MARGIN) * 1_000_000)  # a query and a send

    def run(self) -> None:
        """Work until asked to stop; sends in flight are finished and settled first."""
        subscription = self._broker.subscribe(self._queue, self._prefetch)
        finished = threading.Event()
        settling = threading.Thread(target=self._settle, args=(subscription, finished), name=f"{self.name}:settle")
        settling.start()
        try:
            with closing(self._sends):
                while not self._stop.is_set():
                    self._step(subscription)
        except Stopping:
            pass
        finally:
            finished.set()
            settling.join()
            subscription.close()

    def _step(self, subscription: Subscription) -> None:
        circuit = self._patience.call(lambda: self._store.circuit(self._settings.name))
        self._metrics.circuit(self._settings.name, circuit, self._is_open())
        self._patience.call(self._watch.look)
        self._sends.look_at(circuit)
        self._forget(self._hand.forget_lost(subscription))
        if circuit.paused or circuit.state != "closed" or not self._is_open():
            self._while_closed_to_traffic(circuit, subscription)
            return
        if not circuit.draining:
            self._release()
        room = self._sends.room()
        if room <= 0:
            self._sends.wait_for_room()
            return
        ready = self._hand.ready()
        if room > ready and not circuit.draining:
            self._prepare(subscription, room - ready, BUSY_POLL if self._hand else POLL)
        else:
            self._patience.pause(BUSY_POLL)
        self._send_from_hand(room)

    def _while_closed_to_traffic(self, circuit: Circuit, subscription: Subscription) -> None:
        """Messages in hand, no more than the prefetch, wait in order and keep their attempts. One probe goes out."""
        if circuit.draining:
            self._patience.pause(CIRCUIT_POLL)
        else:
            self._prepare(subscription, self._batch, CIRCUIT_POLL)
        now = now_us()
        may_probe = circuit.state != "closed" and not circuit.paused and self._is_open()
        if (
            may_probe
            and self._hand
            and rules.claimable(circuit, now, now + self._lease_us)
            and self._patience.call(self._claim_probe)
        ):
            self._probe()
        for held in self._hand.older_than(time.monotonic() - HOLD):
            self._send_round(held.exchange, self._policy.tiers[-1])  # an unsettled message is not kept for ever

    def _send_round(self, exchange: Exchange, tier: str) -> None:
        """Through a delay tier, without counting anything. It comes home as one that was never handed out."""
        decision = Decision(Progress.WAIT, "deliver.unavailable", tier)
        self._results.put(outcomes.delayed(exchange, decision))

    def _is_open(self) -> bool:
        hours = self._settings.hours
        return hours is None or hours.open_at(now_us())

    def _claim_probe(self) -> bool:
        now = now_us()
        return self._store.claim_probe(self._settings.name, self._owner, now, now + self._lease_us)

    def _release(self) -> None:
        """Hand back what waits in a sequence and is first of its record by now."""
        if time.monotonic() >= self._release_at:
            released = self._patience.call(self._releaser.release)
            self._release_at = time.monotonic() + (0 if released else self._release_poll)

    def _prepare(self, subscription: Subscription, most: int, timeout: float) -> None:
        """Take up to `most` messages and put those that can be sent behind the held ones."""
        deliveries = subscription.take(min(most, self._batch), timeout)
        for exchange in outcomes.started(self._hop, self._settings.name, True, deliveries):
            if exchange.delivery.delivery_count >= SUSPECT:
                self._wait_until_settled()
            with self._settled:
                self._unsettled += 1
            self._take_in(exchange)

    def _take_in(self, exchange: Exchange) -> None:
        prepared = self._patience.call(lambda: self._prepared(exchange))
        if isinstance(prepared, Failed):
            self._dead(prepared.exchange, prepared.stage, prepared.error.code, prepared.error.detail)
        elif exchange.delivery.delivery_count >= WORN:
            self._send_round(prepared, self._policy.tiers[0])
        else:
            self._hand.add(Held(prepared))

    def _prepared(self, exchange: Exchange) -> Exchange | Failed:
        try:
            with self._quarantine.handling(exchange.delivery):
                return pipeline.run(pipeline.PREPARE, exchange, self._hub)
        except Refused as poison:
            return Failed(outcomes.received(exchange, self._hub), "quarantine", poison)

    def _send_from_hand(self, room: int) -> None:
        """Send what may go out, in queue order."""
        candidates = self._hand.draw(room)
        if not candidates:
            return
        alone = candidates[0].alone
        if alone:
            self._wait_until_settled(1)
        self._hand.put_back(self._offer(candidates, probing=False))
        if alone:
            self._wait_until_settled()

    def _probe(self) -> None:
        """One send through the open circuit: the first that may go out. The probe is given back where none may."""
        aside: list[Held] = []
        while drawn := self._hand.draw(1):
            before = self._sends.started
            aside += self._offer(drawn, probing=True)
            if self._sends.started > before:
                break
        else:
            self._patience.call(lambda: self._store.give_back_probe(self._settings.name, self._owner))
        self._hand.put_back(aside)
        self._wait_until_settled()

    def _offer(self, candidates: Sequence[Held], probing: bool) -> list[Held]:
        """Ask for leases, one transaction for all, and send what is granted; returns what must be asked for again.

        What is busy may be so for long, with the lease of a process that died: it is set aside, and the others go on.
        """
        asked_at = time.monotonic()
        rate, seen = self._settings.rate, self._watch.seen
        requests = [
            lease_request(held.exchange, self._hub, self._owner, self._lease_us, rate, seen) for held in candidates
        ]
        verdicts = self._patience.call(lambda: self._store.open_leases(requests))
        kept: list[Held] = []
        busy: list[Held] = []
        for held, request, verdict in zip(candidates, requests, verdicts, strict=True):
            match verdict.verdict:
                case Verdict.CIRCUIT_OPEN | Verdict.THROTTLED:
                    kept.append(held)
                case Verdict.BUSY:
                    busy.append(held)
                case Verdict.UNPLACED | Verdict.UNREADY if asked_at - held.since < HOLD:
                    busy.append(held)
                case Verdict.UNREADY:
                    self._send_round(held.exchange, self._policy.tiers[-1])
                case Verdict.UNSHIELDED:
                    self._shield(held.exchange)
                case Verdict.GRANTED:
                    granted = replace(
                        held.exchange,
                        leased_at=request.now,
                        send_by=asked_at + self._longest_call + MARGIN,
                        prior_in_doubt=verdict.prior_in_doubt,
                    )
                    self._sends.start(granted, verdict.prior_attempt, probing)
                case _:
                    self._refused(held.exchange, verdict)
        # the others wait for one that goes alone: it asks less often
        self._hand.set_aside(busy, POLL if candidates[0].alone else BUSY_POLL)
        return kept

    def _shield(self, exchange: Exchange) -> None:
        """Its bytes are made anew, saying that the person is protected; then it asks again."""
        (fresh,) = outcomes.started(self._hop, self._settings.name, True, [exchange.delivery])
        self._take_in(replace(fresh, shield=True))

    def _refused(self, exchange: Exchange, answer: LeaseVerdict) -> None:
        match answer.verdict:
            case Verdict.DUPLICATE:
                self._results.put(outcomes.ended(exchange, End.DUPLICATE, self._hub))
            case Verdict.SUPERSEDED:
                self._results.put(outcomes.ended(exchange, End.SUPERSEDED, self._hub))
            case Verdict.WAITING:
                self._results.put(self._patience.call(lambda: outcomes.waiting(exchange, self._hub)))
            case Verdict.HELD:
                judgement = answer.judgement
                assert judgement is not None
                self._results.put(self._patience.call(lambda: outcomes.held(exchange, judgement, self._hub)))
            case Verdict.ID_CONFLICT:
                self._results.put(self._patience.call(lambda: outcomes.conflicting(exchange, self._hub)))
            case Verdict.VERSION_CONFLICT:
                self._dead(exchange, "order", "order.conflict", "this version was sent before with other content")
            case Verdict.UNPLACED:
                self._dead(exchange, "order", "order.unplaced", "the intake hop that caused it was never completed")
            case _:
                raise AssertionError(answer.verdict)

    def _dead(self, exchange: Exchange, stage: str, code: str, detail: str) -> None:
        self._results.put(self._patience.call(lambda: outcomes.dead(exchange, stage, code, detail, self._hub)))

    def _wait_until_settled(self, drawn: int = 0) -> None:
        """Wait until all is settled but what is in hand, and the `drawn` ones just taken from it."""
        with self._settled:
            while self._unsettled > len(self._hand) + drawn:
                self._settled.wait(POLL)
                self._sends.check()
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
            self._forget(len(batch))
            if any(decided.settlement.sequenced for decided in batch):
                self._release_at = 0.0

    def _forget(self, messages: int) -> None:
        if messages:
            with self._settled:
                self._unsettled -= messages
                self._settled.notify_all()

    def _gather(self) -> Sequence[Decided]:
        try:
            batch = [self._results.get(timeout=POLL)]
        except Empty:
            return ()
        while not self._results.empty() and len(batch) < self._batch:
            batch.append(self._results.get())
        return batch
