"""Prometheus metrics. The sole user of prometheus_client; label sets are bounded and carry no ids."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics import MetricWrapperBase

from hub.ports.store import Circuit, End, Settlement

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500)
_CIRCUIT_STATES = ("closed", "open", "probing", "paused")


class Metrics:
    """The metrics of one process, on a registry of its own. Thread-safe.

    `types`: the registered message types. Any other is a sender's own word, unbounded and perhaps a name: "unknown".
    """

    def __init__(self, types: Collection[str] = ()) -> None:
        self._types = frozenset(types)
        self.registry = registry = CollectorRegistry()
        self._messages = Counter(
            "renkei_messages_total",
            "Messages settled, by hop, sending partner, type and outcome",
            ("hop", "partner", "type", "outcome"),
            registry=registry,
        )
        self._retries = Counter(
            "renkei_retries_total",
            "Messages sent into a delay tier; outcome wait counts no attempt",
            ("hop", "tier", "code", "outcome"),
            registry=registry,
        )
        self._died = Counter(
            "renkei_dead_letters_total",
            "Messages that became dead letters, by the stage that stopped them",
            ("hop", "stage", "code"),
            registry=registry,
        )
        self._hop = Histogram(
            "renkei_hop_duration_seconds",
            "From taking a message to its committed settlement",
            ("hop",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._send = Histogram(
            "renkei_send_duration_seconds",
            "One send to a partner",
            ("connector",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch = Histogram(
            "renkei_settle_batch_messages",
            "Messages settled in one transaction",
            buckets=_SIZES,
            registry=registry,
        )
        self._commit = Histogram(
            "renkei_journal_commit_seconds",
            "Duration of a settling transaction",
            buckets=_SECONDS,
            registry=registry,
        )
        self._held_back = Counter(
            "renkei_publishes_held_back_total",
            "Messages whose target queue was full or missing; they wait and are tried again",
            registry=registry,
        )
        self._collected = Counter(
            "renkei_collected_messages_total",
            "Messages fetched from a partner and put into its intake",
            ("connector", "type"),
            registry=registry,
        )
        self._not_collected = Counter(
            "renkei_collect_failures_total",
            "Looks at what a partner lays out that failed",
            ("connector", "code"),
            registry=registry,
        )
        self._in_flight = Gauge("renkei_sends_in_flight", "Sends under way", ("connector",), registry=registry)
        self._circuit = Gauge(
            "renkei_circuit_state",
            "1 for the state the circuit is in",
            ("connector", "state"),
            registry=registry,
        )
        self._dead = Gauge("renkei_dead_letters_open", "Open dead letters", ("hop", "code"), registry=registry)
        self._oldest = Gauge(
            "renkei_dead_letter_oldest_age_seconds", "Age of the oldest open dead letter", registry=registry
        )
        self._fences = Gauge(
            "renkei_fence_measures", "Protection measures that are not lifted, by state", ("state",), registry=registry
        )
        self._unconfirmed = Gauge(
            "renkei_fence_oldest_unconfirmed_age_seconds",
            "Age of the oldest raise that a target has not confirmed",
            registry=registry,
        )
        self._fence_ready = Gauge(
            "renkei_fence_ready", "1 while the registry of fences is known and confirmed", registry=registry
        )
        self._fence_unknown = Gauge(
            "renkei_fence_measures_of_unknown_persons",
            "Protection measures about somebody no message has named yet",
            registry=registry,
        )
        self._holds = Gauge("renkei_holds_open", "Messages people must look at", ("hop", "code"), registry=registry)
        self._hold_oldest = Gauge("renkei_hold_oldest_age_seconds", "Age of the oldest hold", registry=registry)
        self._approvals = Gauge(
            "renkei_approvals_waiting", "What waits for a second person to agree", ("kind",), registry=registry
        )
        self._approval_oldest = Gauge(
            "renkei_approval_oldest_age_seconds",
            "Age of the oldest that waits for a second person to agree",
            ("kind",),
            registry=registry,
        )
        self._overdue = Gauge(
            "renkei_messages_overdue",
            "Messages whose target should have had them by now",
            ("hop", "type"),
            registry=registry,
        )
        self._list_until = Gauge(
            "renkei_permission_list_expires_timestamp_seconds",
            "When the list of permitted inquiries expires, 0 without one; unset where nobody asks",
            ("connector",),
            registry=registry,
        )
        self._denied = Counter(
            "renkei_inquiries_denied_total", "Inquiries of other bodies that were not permitted", ("code",),
            registry=registry,
        )  # fmt: skip
        # looking a child up by labels costs more than counting does
        self._message_child = cache(self._messages.labels)
        self._hop_child = cache(self._hop.labels)

    def settled(self, settlement: Settlement, tier: str | None) -> None:
        """Count one committed settlement; `tier`: the delay tier it went into, if it did."""
        outcome = settlement.outcome.value
        kind = settlement.type if settlement.type in self._types else "unknown"
        self._message_child(settlement.hop, settlement.source, kind, outcome).inc()
        self._hop_child(settlement.hop).observe((settlement.settled_at - settlement.started_at) / 1_000_000)
        if tier is not None:
            self._retries.labels(settlement.hop, tier, settlement.code or "", outcome).inc()
        elif settlement.code is not None and settlement.outcome is End.FORWARDED:
            self._denied.labels(settlement.code).inc()
        if settlement.dead is not None:
            self._died.labels(settlement.hop, settlement.dead.stage, settlement.dead.code).inc()

    @contextmanager
    def committing(self, size: int) -> Iterator[None]:
        """Around a settling transaction of `size` messages."""
        self._batch.observe(size)
        with self._commit.time():
            yield

    @contextmanager
    def sending(self, connector: str) -> Iterator[None]:
        """Around one send."""
        with self._send.labels(connector).time():
            yield

    def held_back(self, messages: int) -> None:
        self._held_back.inc(messages)

    def collected(self, connector: str, type: str) -> None:
        self._collected.labels(connector, type if type in self._types else "unknown").inc()

    def not_collected(self, connector: str, code: str) -> None:
        self._not_collected.labels(connector, code).inc()

    def in_flight(self, connector: str, change: int) -> None:
        self._in_flight.labels(connector).inc(change)

    def circuit(self, connector: str, circuit: Circuit) -> None:
        """`paused` by a person wins over the automatic state."""
        current = "paused" if circuit.paused else circuit.state
        for state in _CIRCUIT_STATES:
            self._circuit.labels(connector, state).set(state == current)

    def dead_letters(self, counts: list[tuple[str, str, str, int, int]]) -> None:
        """Refresh from `DeadLetters.dead_counts`, called when scraped."""
        self._dead.clear()
        oldest = None
        for hop, code, state, count, at in counts:
            if state == "open":
                self._dead.labels(hop, code).set(count)
                oldest = at if oldest is None else min(oldest, at)
        self._oldest.set(_age(oldest))

    def fences(self, states: Mapping[str, int], unconfirmed_since: int | None, ready: bool, unknown: int) -> None:
        """Refresh when scraped: measures by state, since when the oldest raise waits (microseconds), and how many are
        about somebody unknown."""
        self._fences.clear()
        for state, count in states.items():
            self._fences.labels(state).set(count)
        self._unconfirmed.set(_age(unconfirmed_since))
        self._fence_ready.set(ready)
        self._fence_unknown.set(unknown)

    def holds(self, counts: list[tuple[str, str, int, int]]) -> None:
        """Refresh from `Holds.hold_counts`, called when scraped."""
        self._holds.clear()
        for hop, code, count, _at in counts:
            self._holds.labels(hop, code).set(count)
        self._hold_oldest.set(_age(min((at for _hop, _code, _count, at in counts), default=None)))

    def approvals(self, counts: list[tuple[str, int, int]], lifts: Collection[int]) -> None:
        """Refresh from `Requests.waiting_counts`, called when scraped. `lifts`: since when fences wait to be lifted."""
        self._approvals.clear()
        self._approval_oldest.clear()
        for kind, count, at in [*counts, *([("fence", len(lifts), min(lifts))] if lifts else [])]:
            self._approvals.labels(kind).set(count)
            self._approval_oldest.labels(kind).set(_age(at))

    def overdue(self, counts: list[tuple[str, str, int, int]]) -> None:
        """Refresh from `Store.overdue`, called when scraped."""
        self._overdue.clear()
        for hop, type_, count, _at in counts:
            self._overdue.labels(hop, type_ if type_ in self._types else "unknown").set(count)

    def permission_list(self, connectors: Collection[str], until: int) -> None:
        """Refresh when scraped. `connectors`: those that inquiries come by; `until`: microseconds, 0 without a list."""
        for connector in connectors:
            self._list_until.labels(connector).set(until / 1_000_000)

    def collectors(self) -> list[MetricWrapperBase]:
        """Every metric, in the order of their definition (for the reference page)."""
        return [value for value in vars(self).values() if isinstance(value, MetricWrapperBase)]

    def expose(self) -> bytes:
        """The text exposition."""
        return generate_latest(self.registry)


def _age(since: int | None) -> float:
    """Seconds; 0 where there is nothing that could have an age."""
    return 0.0 if since is None else max(0.0, time.time() - since / 1_000_000)
