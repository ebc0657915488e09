"""Prometheus metrics. The sole user of prometheus_client; label sets are bounded and carry no ids."""

import math
import platform
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from types import MappingProxyType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from hub.clock import end_of_day
from hub.ports.audit import Head
from hub.ports.store import Circuit, End, Settlement

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# from acceptance to delivery; the objectives of ops/prometheus/alerts.yml are among them
_AGES = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500)
_CIRCUIT_STATES = ("closed", "open", "probing", "resting", "draining", "paused")


class Metrics:
    """The metrics of one process, on a registry of its own. Thread-safe.

    `flows`: the registered message types, each with its flow. Any other type is a sender's own word, unbounded and
    perhaps a name: "unknown". `version`: of the hub.
    """

    def __init__(self, flows: Mapping[str, str] = MappingProxyType({}), version: str = "") -> None:
        self._flows = dict(flows)
        self.registry = registry = CollectorRegistry()
        self._messages = Counter(
            "renkei_messages_total",
            "Messages settled, by hop, sending partner, type, its flow, and outcome",
            ("hop", "partner", "type", "flow", "outcome"),
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
        self._age = Histogram(
            "renkei_accepted_to_delivered_seconds",
            "From taking in what a message was made of, or from its replay or release, to its committed delivery",
            ("flow",),
            buckets=_AGES,
            registry=registry,
        )
        self._answers = Histogram(
            "renkei_partner_response_seconds",
            "From a request over HTTP to the head of the answer, by class of its status; none: no answer",
            ("connector", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._violations = Counter(
            "renkei_contract_violations_total",
            "Documents that broke a rule of their contract",
            ("contract", "rule"),
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
        self._openings = Counter(
            "renkei_circuit_openings_total",
            "Openings of the circuit seen by this process, each failed probe included",
            ("connector",),
            registry=registry,
        )
        self._open = Gauge(
            "renkei_messages_open",
            "Messages for a connector that have no end yet, dead and held ones included",
            ("connector",),
            registry=registry,
        )
        self._oldest_open = Gauge(
            "renkei_oldest_message_age_seconds",
            "Age of the oldest message for a connector that waits for no person, 0 without one",
            ("connector",),
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
            "renkei_fence_ready",
            "1 while the registry of fences is confirmed, and follows what this host knew",
            registry=registry,
        )
        self._fence_unknown = Gauge(
            "renkei_fence_measures_of_unknown_persons",
            "Protection measures about somebody no message has named yet",
            registry=registry,
        )
        self._holds = Gauge("renkei_holds_open", "Messages people must look at", ("hop", "code"), registry=registry)
        self._hold_oldest = Gauge("renkei_hold_oldest_age_seconds", "Age of the oldest hold", registry=registry)
        self._emergencies = Gauge(
            "renkei_emergencies_open", "Persons who may reveal for a while though their role may not", registry=registry
        )
        self._approvals = Gauge(
            "renkei_approvals_waiting", "What waits for a second person to agree", ("kind",), registry=registry
        )
        self._approval_oldest = Gauge(
            "renkei_approval_oldest_age_seconds",
            "Age of the oldest that waits for a second person to agree",
            ("kind",),
            registry=registry,
        )
        self._awaited = Gauge(
            "renkei_messages_awaited",
            "Messages whose target has to have them by some time; those of pmh_key.request are keys to be issued",
            ("hop", "type"),
            registry=registry,
        )
        self._overdue = Gauge(
            "renkei_messages_overdue",
            "Messages whose target should have had them by now",
            ("hop", "type"),
            registry=registry,
        )
        self._sunset = Gauge(
            "renkei_contract_sunset_timestamp_seconds",
            "End of the last day on which a sender may count on this version of a contract, where one is set",
            ("type", "version"),
            registry=registry,
        )
        self._ending = Counter(
            "renkei_ending_contract_messages_total",
            "Messages at the door in a version of a contract that has a sunset, copies included",
            ("partner", "type", "version"),
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
        self._staff_due = Gauge(
            "renkei_staff_feed_due_timestamp_seconds",
            "When the next personnel feed must have been applied, 0 where none ever was, +Inf where none is expected",
            registry=registry,
        )
        self._staff_due.set(math.inf)
        self._replay = Gauge(
            "renkei_replay_items", "Messages of replay plans that have not ended, by state", ("state",),
            registry=registry,
        )  # fmt: skip
        self._certificates = Gauge(
            "renkei_certificate_expires_timestamp_seconds",
            "When the certificate of an address the hub talks to ends",
            ("address",),
            registry=registry,
        )
        self._needs = Gauge(
            "renkei_check_ok", "1 while a check of readiness is well, 0 while it fails", ("check",), registry=registry
        )
        self._logged = Counter(
            "renkei_log_events_total", "Lines written to the log, by event and code", ("event", "code"),
            registry=registry,
        )  # fmt: skip
        self._redacted = Counter(
            "renkei_log_redactions_total", "Fields kept out of the log, as they might name a person", registry=registry
        )
        self._reconciled = Gauge(
            "renkei_reconciled_timestamp_seconds", "When the books were last compared with the broker on this host",
            registry=registry,
        )  # fmt: skip
        self._difference = Gauge(
            "renkei_reconciliation_difference",
            "Messages by which books and broker differed then, 0 where they agreed",
            registry=registry,
        )
        self._build = Info("renkei_build", "What runs here", registry=registry)
        self._build.info({"version": version, "python": platform.python_version()})
        ProcessCollector(registry=registry)
        self._opened: dict[str, int] = {}  # by connector, the probe time that its last opening set
        self._opened_lock = threading.Lock()
        self._record_size = Gauge(
            "renkei_audit_rows", "Rows of the record that have their place in its tree", registry=registry
        )
        self._unsigned = Gauge(
            "renkei_audit_unsigned_age_seconds",
            "Age of the oldest row that no checkpoint outside the database covers",
            registry=registry,
        )
        self._verified = Gauge(
            "renkei_audit_verified_timestamp_seconds",
            "When all of the record was last found right, 0 for never",
            registry=registry,
        )
        self._forged = Counter(
            "renkei_audit_forged_rows_total", "Rows of the record whose HMAC did not fit", registry=registry
        )
        self._findings = Gauge(
            "renkei_audit_findings", "What the hub's own last check of the record found wrong", registry=registry
        )
        # looking a child up by labels costs more than counting does
        self._message_child = cache(self._messages.labels)
        self._hop_child = cache(self._hop.labels)
        self._age_child = cache(self._age.labels)
        self._answer_child = cache(self._answers.labels)

    def settled(self, settlement: Settlement, tier: str | None) -> None:
        """Count one committed settlement; `tier`: the delay tier it went into, if it did."""
        outcome = settlement.outcome.value
        kind, flow = self._kind(settlement.type)
        self._message_child(settlement.hop, settlement.source, kind, flow, outcome).inc()
        self._hop_child(settlement.hop).observe((settlement.settled_at - settlement.started_at) / 1_000_000)
        if tier is not None:
            self._retries.labels(settlement.hop, tier, settlement.code or "", outcome).inc()
        elif settlement.code is not None and settlement.outcome is End.FORWARDED:
            self._denied.labels(settlement.code).inc()
        if settlement.dead is not None:
            self._died.labels(settlement.hop, settlement.dead.stage, settlement.dead.code).inc()

    def delivered(self, settlement: Settlement, accepted_at: int | None, trace_id: str | None) -> None:
        """Beside `settled`, for a delivery: how long it took since what it was made of was taken in (microseconds)."""
        if accepted_at is not None:
            exemplar = {"trace_id": trace_id} if trace_id else None
            _kind, flow = self._kind(settlement.type)
            self._age_child(flow).observe((settlement.settled_at - accepted_at) / 1_000_000, exemplar)

    def answered(self, connector: str, status: int | None, seconds: float) -> None:
        """One request over HTTP; `status` None: no answer."""
        name = "none" if status is None else f"{status // 100}xx" if 100 <= status < 600 else "other"
        self._answer_child(connector, name).observe(seconds)

    def violated(self, contract: str, rule: str) -> None:
        """A document broke a rule of its contract ("type/version")."""
        self._violations.labels(contract, rule).inc()

    def logged(self, event: str, code: str, redacted: int) -> None:
        """One line of the log. `event` and `code` from their tables, "" without a code."""
        self._logged.labels(event, code).inc()
        if redacted:
            self._redacted.inc(redacted)

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
        self._collected.labels(connector, self._kind(type)[0]).inc()

    def not_collected(self, connector: str, code: str) -> None:
        self._not_collected.labels(connector, code).inc()

    def in_flight(self, connector: str, change: int) -> None:
        self._in_flight.labels(connector).inc(change)

    def circuit(self, connector: str, circuit: Circuit, is_open: bool = True) -> None:
        """`paused` by a person wins over the automatic state, and that over service hours (`is_open`)."""
        automatic = circuit.state if circuit.state != "closed" or is_open else "resting"
        current = "paused" if circuit.paused else "draining" if circuit.draining else automatic
        for state in _CIRCUIT_STATES:
            self._circuit.labels(connector, state).set(state == current)
        with self._opened_lock:
            before = self._opened.setdefault(connector, circuit.probe_at)
            self._opened[connector] = circuit.probe_at
        # each opening sets a time of its own; a circuit that was open when the process started was counted by others
        self._openings.labels(connector).inc(circuit.state == "open" and circuit.probe_at != before)

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

    def awaited(self, counts: list[tuple[str, str, int, int]]) -> None:
        """Refresh from `Store.awaited`, called when scraped."""
        self._by_hop_and_type(self._awaited, counts)

    def emergencies(self, count: int) -> None:
        """How many are open, when scraped."""
        self._emergencies.set(count)

    def overdue(self, counts: list[tuple[str, str, int, int]]) -> None:
        """Refresh from `Store.overdue`, called when scraped."""
        self._by_hop_and_type(self._overdue, counts)

    def _by_hop_and_type(self, gauge: Gauge, counts: list[tuple[str, str, int, int]]) -> None:
        gauge.clear()
        for hop, type_, count, _at in counts:
            gauge.labels(hop, self._kind(type_)[0]).set(count)

    def backlog(self, connectors: Collection[str], found: Mapping[str, tuple[int, int | None]]) -> None:
        """Refresh from `Store.backlog`, by connector, called when scraped."""
        for connector in connectors:
            count, oldest = found.get(connector, (0, None))
            self._open.labels(connector).set(count)
            self._oldest_open.labels(connector).set(_age(oldest))

    def replays(self, states: Mapping[str, int]) -> None:
        """Refresh when scraped: messages of replay plans under way, by state."""
        self._replay.clear()
        for state, count in states.items():
            self._replay.labels(state).set(count)

    def certificates(self, ends: Mapping[str, float]) -> None:
        """When each ends, as seconds since 1970, by the name of the address."""
        for address, at in ends.items():
            self._certificates.labels(address).set(at)

    def checks(self, problems: Mapping[str, str | None]) -> None:
        """Refresh when scraped, from the checks of readiness."""
        for check, problem in problems.items():
            self._needs.labels(check).set(problem is None)

    def reconciled(self, at: int, difference: int) -> None:
        """Refresh from what `renkei reconcile` noted on this host: microseconds, messages."""
        self._reconciled.set(at / 1_000_000)
        self._difference.set(difference)

    def sunsets(self, days: Mapping[tuple[str, int], date]) -> None:
        """Refresh when scraped. The last day of each version that has one."""
        for (type_, version), day in days.items():
            self._sunset.labels(type_, str(version)).set(end_of_day(day) / 1_000_000)

    def ending(self, partner: str, type_: str, version: int) -> None:
        """A message in a version that has a last day."""
        self._ending.labels(partner, type_, str(version)).inc()

    def permission_list(self, connectors: Collection[str], until: int) -> None:
        """Refresh when scraped. `connectors`: those that inquiries come by; `until`: microseconds, 0 without a list."""
        for connector in connectors:
            self._list_until.labels(connector).set(until / 1_000_000)

    def staff_feed(self, due: int) -> None:
        """Refresh when scraped, where one is expected. Microseconds."""
        self._staff_due.set(due / 1_000_000)

    def record(self, head: Head) -> None:
        """Refresh from `Audit.audit_head`, called when scraped."""
        self._record_size.set(head.size)
        self._unsigned.set(_age(head.since))
        self._verified.set((head.verified_at or 0) / 1_000_000)

    def forged(self, rows: int) -> None:
        self._forged.inc(rows)

    def findings(self, count: int) -> None:
        self._findings.set(count)

    def collectors(self) -> list[MetricWrapperBase]:
        """Every metric, in the order of their definition (for the reference page)."""
        return [value for value in vars(self).values() if isinstance(value, MetricWrapperBase)]

    def expose(self, accept: str = "") -> tuple[str, bytes]:
        """Content type and exposition, in the format that a client accepts: exemplars need OpenMetrics."""
        encode, kind = choose_encoder(accept)
        return kind, encode(self.registry)

    def _kind(self, type: str) -> tuple[str, str]:
        """Labels of a message type: itself and its flow."""
        flow = self._flows.get(type)
        return ("unknown", "unknown") if flow is None else (type, flow)


def series() -> frozenset[str]:
    """Names under which Prometheus stores what processes tell."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}
    families = [family for collector in Metrics().collectors() for family in collector.describe()]
    return frozenset(family.name + ending for family in families for ending in endings.get(family.type, ("",)))


def samples(text: str, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
    """Labels and value of each sample of one series in an exposition."""
    for family in text_string_to_metric_families(text):
        yield from ((one.labels, one.value) for one in family.samples if one.name == name)


def _age(since: int | None) -> float:
    """Seconds; 0 where there is nothing that could have an age."""
    return 0.0 if since is None else max(0.0, time.time() - since / 1_000_000)
