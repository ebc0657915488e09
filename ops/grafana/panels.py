"""The panels of the dashboards. Names of metrics are checked against the code when the files are written."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["timeseries", "stat", "table", "bargauge"]


@dataclass(frozen=True, slots=True)
class Panel:
    """`queries`: expression and legend; `unit`: as Grafana names them; `says`: how to read it."""

    title: str
    queries: tuple[tuple[str, str], ...]
    says: str = ""
    unit: str = "short"
    kind: Kind = "timeseries"


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """`variables`: name and the expression whose label of that name gives the choices."""

    uid: str
    title: str
    rows: tuple[Row, ...]
    variables: tuple[tuple[str, str], ...] = ()


def per_second(metric: str, by: str = "", where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def quantile(q: float, metric: str, by: str, where: str = "") -> str:
    return f"histogram_quantile({q}, sum by (le, {by}) (rate({metric}_bucket{{{where}}}[$__rate_interval])))"


def top(metric: str, by: str, where: str = "") -> str:
    """A gauge that every process tells alike."""
    return f"max by ({by}) ({metric}{{{where}}})"


DELIVERY = 'hop=~"delivery\\\\..*"'
INTAKE = 'hop=~"intake\\\\..*"'
BATCH = (
    "sum(rate(renkei_settle_batch_messages_sum[$__rate_interval]))"
    " / sum(rate(renkei_settle_batch_messages_count[$__rate_interval]))"
)
NOT_HOME = (
    'sum({__name__=~"rabbitmq_global_messages_dead_lettered_(delivery_limit|expired|rejected)_total",'
    ' dead_letter_strategy="at_least_once"})'
    " - sum(rabbitmq_global_messages_dead_lettered_confirmed_total)"
)
MISSED = "flow:deliveries_missed:ratio_rate{}"

OVERVIEW = Board(
    "renkei-overview",
    "Renkei: overview",
    (
        Row(
            "Do messages flow?",
            (
                Panel("Processes that answer", (('sum(up{job="renkei"})', ""),), "0 is RenkeiNoProcess.", kind="stat"),
                Panel(
                    "Oldest message that waits for no person",
                    (("max(renkei_oldest_message_age_seconds)", ""),),
                    unit="s",
                    kind="stat",
                ),
                Panel(
                    "Circuits not closed",
                    (('sum(max by (connector) (renkei_circuit_state{state=~"open|probing"}))', ""),),
                    kind="stat",
                ),
                Panel(
                    "Dead letters for people",
                    (("sum(max by (hop, code) (renkei_dead_letters_open))", ""),),
                    kind="stat",
                ),
                Panel(
                    "Overdue", (("sum(max by (hop, type) (renkei_messages_overdue)) or vector(0)", ""),), kind="stat"
                ),
                Panel(
                    "Protection is ready",
                    (("min(renkei_fence_ready)", ""),),
                    "0: nothing leaves the city.",
                    kind="stat",
                ),
                Panel(
                    "Taken in, by partner",
                    ((per_second("renkei_messages_total", "partner", INTAKE), "{{partner}}"),),
                    unit="ops",
                ),
                Panel(
                    "Ends and detours, by outcome",
                    ((per_second("renkei_messages_total", "outcome", DELIVERY), "{{outcome}}"),),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "Where do they wait?",
            (
                Panel("Open messages, by connector", ((top("renkei_messages_open", "connector"), "{{connector}}"),)),
                Panel(
                    "Age of the oldest, by connector",
                    ((top("renkei_oldest_message_age_seconds", "connector"), "{{connector}}"),),
                    unit="s",
                ),
                Panel("Retries, by tier", ((per_second("renkei_retries_total", "tier"), "{{tier}}"),), unit="ops"),
                Panel(
                    "Publishes held back",
                    (("sum(rate(renkei_publishes_held_back_total[$__rate_interval]))", ""),),
                    "More than 0: a queue is full or missing.",
                    unit="ops",
                ),
            ),
        ),
        Row(
            "How long does it take?",
            (
                Panel(
                    "Accepted to delivered, 99 of 100, by flow",
                    ((quantile(0.99, "renkei_accepted_to_delivered_seconds", "flow"), "{{flow}}"),),
                    unit="s",
                ),
                Panel(
                    "Missed objective, last hour, by flow",
                    ((MISSED.format("1h"), "{{flow}}"),),
                    "0.01 is the whole allowance; 0.144 pages.",
                    unit="percentunit",
                ),
                Panel(
                    "In the hub's hands, 99 of 100, by hop",
                    ((quantile(0.99, "renkei_hop_duration_seconds", "hop"), "{{hop}}"),),
                    unit="s",
                ),
                Panel(
                    "Settling transaction, 99 of 100",
                    ((quantile(0.99, "renkei_journal_commit_seconds", "instance"), "{{instance}}"),),
                    unit="s",
                ),
                Panel("Messages settled at once", ((BATCH, ""),)),
            ),
        ),
        Row(
            "Are the processes well?",
            (
                Panel("Checks of readiness", (("min by (check) (renkei_check_ok)", "{{check}}"),), "1 is well."),
                Panel(
                    "Log lines, by event",
                    ((per_second("renkei_log_events_total", "event, code"), "{{event}} {{code}}"),),
                    unit="ops",
                ),
                Panel("Kept out of the log", (("sum(increase(renkei_log_redactions_total[1h]))", ""),), kind="stat"),
                Panel("Memory", (('process_resident_memory_bytes{job="renkei"}', "{{instance}}"),), unit="bytes"),
                Panel(
                    "Processor", (('rate(process_cpu_seconds_total{job="renkei"}[$__rate_interval])', "{{instance}}"),)
                ),
                Panel(
                    "Versions",
                    (("count by (version, python) (renkei_build_info)", "{{version}} on {{python}}"),),
                    kind="table",
                ),
                Panel(
                    "Days until certificates end",
                    (
                        (
                            "(min by (address) (renkei_certificate_expires_timestamp_seconds) - time()) / 86400",
                            "{{address}}",
                        ),
                    ),
                    unit="d",
                    kind="bargauge",
                ),
                Panel(
                    "Books against broker",
                    (
                        ("max(renkei_reconciliation_difference)", "difference"),
                        ("time() - max(renkei_reconciled_timestamp_seconds)", "seconds since"),
                    ),
                    kind="table",
                ),
            ),
        ),
    ),
)

_C = 'connector=~"$connector"'
CONNECTOR = Board(
    "renkei-connector",
    "Renkei: per connector",
    (
        Row(
            "Now",
            (
                Panel(
                    "Circuit",
                    ((f"max by (connector, state) (renkei_circuit_state{{{_C}}}) == 1", "{{connector}} {{state}}"),),
                    kind="table",
                ),
                Panel("Open messages", ((top("renkei_messages_open", "connector", _C), "{{connector}}"),)),
                Panel(
                    "Age of the oldest",
                    ((top("renkei_oldest_message_age_seconds", "connector", _C), "{{connector}}"),),
                    unit="s",
                ),
                Panel("Sends in flight", ((f"sum by (connector) (renkei_sends_in_flight{{{_C}}})", "{{connector}}"),)),
                Panel(
                    "Openings of the circuit in an hour",
                    ((f"max by (connector) (increase(renkei_circuit_openings_total{{{_C}}}[1h]))", "{{connector}}"),),
                ),
            ),
        ),
        Row(
            "The partner",
            (
                Panel(
                    "Answers, by class of status",
                    (
                        (
                            per_second("renkei_partner_response_seconds_count", "connector, status", _C),
                            "{{connector}} {{status}}",
                        ),
                    ),
                    "none: no answer.",
                    unit="ops",
                ),
                Panel(
                    "Time to the answer, 99 of 100",
                    ((quantile(0.99, "renkei_partner_response_seconds", "connector", _C), "{{connector}}"),),
                    unit="s",
                ),
                Panel(
                    "A send as a whole, 99 of 100",
                    ((quantile(0.99, "renkei_send_duration_seconds", "connector", _C), "{{connector}}"),),
                    unit="s",
                ),
                Panel(
                    "Outcomes",
                    (
                        (
                            per_second("renkei_messages_total", "hop, outcome", 'hop=~"delivery\\\\.$connector"'),
                            "{{hop}} {{outcome}}",
                        ),
                    ),
                    unit="ops",
                ),
                Panel(
                    "Retries, by code",
                    (
                        (
                            per_second("renkei_retries_total", "hop, tier, code", 'hop=~"delivery\\\\.$connector"'),
                            "{{hop}} {{tier}} {{code}}",
                        ),
                    ),
                    unit="ops",
                ),
                Panel(
                    "Fetched",
                    ((per_second("renkei_collected_messages_total", "connector, type", _C), "{{type}}"),),
                    unit="ops",
                ),
                Panel(
                    "Failed to fetch",
                    ((per_second("renkei_collect_failures_total", "connector, code", _C), "{{code}}"),),
                    unit="ops",
                ),
            ),
        ),
    ),
    (("connector", "renkei_messages_open"),),
)

_F = 'flow=~"$flow"'
FLOW = Board(
    "renkei-flow",
    "Renkei: per flow",
    (
        Row(
            "Messages",
            (
                Panel(
                    "Taken in",
                    (
                        (
                            per_second("renkei_messages_total", "flow, partner", f"{_F}, {INTAKE}"),
                            "{{flow}} {{partner}}",
                        ),
                    ),
                    unit="ops",
                ),
                Panel(
                    "On the way out, by outcome",
                    (
                        (
                            per_second("renkei_messages_total", "flow, outcome", f"{_F}, {DELIVERY}"),
                            "{{flow}} {{outcome}}",
                        ),
                    ),
                    unit="ops",
                ),
                Panel("By type", ((per_second("renkei_messages_total", "type", _F), "{{type}}"),), unit="ops"),
                Panel(
                    "Superseded and duplicate",
                    (
                        (
                            per_second(
                                "renkei_messages_total", "flow, outcome", f'{_F}, outcome=~"superseded|duplicate"'
                            ),
                            "{{flow}} {{outcome}}",
                        ),
                    ),
                    unit="ops",
                ),
                Panel("Awaited", (("max by (hop, type) (renkei_messages_awaited) or vector(0)", "{{hop}} {{type}}"),)),
                Panel(
                    "Keys to be issued",
                    (('sum(max by (hop, type) (renkei_messages_awaited{type=~"pmh_key[.].*"})) or vector(0)', ""),),
                    kind="stat",
                ),
                Panel("Overdue", (("max by (hop, type) (renkei_messages_overdue) or vector(0)", "{{hop}} {{type}}"),)),
                Panel(
                    "Broken contracts",
                    ((per_second("renkei_contract_violations_total", "contract, rule"), "{{contract}} {{rule}}"),),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "The objective: 99 of 100 within five minutes",
            (
                Panel(
                    "Accepted to delivered, half",
                    ((quantile(0.5, "renkei_accepted_to_delivered_seconds", "flow", _F), "{{flow}}"),),
                    unit="s",
                ),
                Panel(
                    "Accepted to delivered, 99 of 100",
                    ((quantile(0.99, "renkei_accepted_to_delivered_seconds", "flow", _F), "{{flow}}"),),
                    unit="s",
                ),
                Panel(
                    "Missed, by window",
                    tuple(
                        (f"{MISSED.format(window)}{{{_F}}}", f"{{{{flow}}}} {window}")
                        for window in ("5m", "1h", "6h", "3d")
                    ),
                    unit="percentunit",
                ),
            ),
        ),
    ),
    (("flow", "renkei_messages_total"),),
)

RABBITMQ = Board(
    "renkei-rabbitmq",
    "Renkei: RabbitMQ",
    (
        Row(
            "Queues",
            (
                Panel(
                    "Ready, by queue", (("sum by (queue) (rabbitmq_detailed_queue_messages_ready) > 0", "{{queue}}"),)
                ),
                Panel(
                    "Handed out, by queue",
                    (("sum by (queue) (rabbitmq_detailed_queue_messages_unacked)", "{{queue}}"),),
                ),
                Panel(
                    "Share of the limit",
                    (("max by (queue) (rabbitmq_detailed_queue_messages) / 1000000", "{{queue}}"),),
                    "0.8 is RenkeiQueueNearLimit.",
                    unit="percentunit",
                ),
                Panel("Consumers", (("sum by (queue) (rabbitmq_detailed_queue_consumers)", "{{queue}}"),)),
            ),
        ),
        Row(
            "Traffic",
            (
                Panel(
                    "Published and confirmed",
                    (
                        ("sum(rate(rabbitmq_global_messages_received_total[$__rate_interval]))", "published"),
                        ("sum(rate(rabbitmq_global_messages_confirmed_total[$__rate_interval]))", "confirmed"),
                    ),
                    unit="ops",
                ),
                Panel(
                    "Delivered and acknowledged",
                    (
                        ("sum(rate(rabbitmq_global_messages_delivered_total[$__rate_interval]))", "delivered"),
                        ("sum(rate(rabbitmq_global_messages_acknowledged_total[$__rate_interval]))", "acknowledged"),
                    ),
                    unit="ops",
                ),
                Panel(
                    "Returned as unroutable",
                    (("sum(rate(rabbitmq_global_messages_unroutable_returned_total[$__rate_interval]))", ""),),
                    unit="ops",
                ),
                Panel(
                    "Delayed or rejected, not yet where they go",
                    ((NOT_HOME, ""),),
                    "Stays above 0: RenkeiDeadLetteringUnconfirmed.",
                ),
                Panel(
                    "Publishes of the hub held back",
                    (("sum(rate(renkei_publishes_held_back_total[$__rate_interval]))", ""),),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "The node",
            (
                Panel("Answers", (('up{job=~"rabbitmq.*"}', "{{job}}"),), kind="stat"),
                Panel(
                    "Alarms",
                    (
                        ("rabbitmq_alarms_memory_used_watermark", "memory"),
                        ("rabbitmq_alarms_free_disk_space_watermark", "disk"),
                    ),
                    "1: it takes nothing.",
                ),
                Panel(
                    "Memory",
                    (
                        ("rabbitmq_process_resident_memory_bytes", "used"),
                        ("rabbitmq_resident_memory_limit_bytes", "limit"),
                    ),
                    unit="bytes",
                ),
                Panel(
                    "Disk left",
                    (
                        ("rabbitmq_disk_space_available_bytes", "left"),
                        ("rabbitmq_disk_space_available_limit_bytes", "limit"),
                    ),
                    unit="bytes",
                ),
                Panel("Connections", (("rabbitmq_connections", ""),)),
            ),
        ),
    ),
)

REPLAY = Board(
    "renkei-replay",
    "Renkei: dead letters and replay",
    (
        Row(
            "Dead letters",
            (
                Panel(
                    "Open, by cause",
                    (("max by (hop, code) (renkei_dead_letters_open)", "{{hop}} {{code}}"),),
                    kind="table",
                ),
                Panel(
                    "Age of the oldest", (("max(renkei_dead_letter_oldest_age_seconds)", ""),), unit="s", kind="stat"
                ),
                Panel(
                    "New in an hour, by code",
                    (("sum by (code) (increase(renkei_dead_letters_total[1h]))", "{{code}}"),),
                ),
                Panel(
                    "New in an hour, by stage",
                    (("sum by (stage) (increase(renkei_dead_letters_total[1h]))", "{{stage}}"),),
                ),
                Panel(
                    "Broken contracts in an hour",
                    (
                        (
                            "sum by (contract, rule) (increase(renkei_contract_violations_total[1h]))",
                            "{{contract}} {{rule}}",
                        ),
                    ),
                    kind="table",
                ),
                Panel(
                    "Inquiries refused in an hour",
                    (("sum by (code) (increase(renkei_inquiries_denied_total[1h]))", "{{code}}"),),
                ),
            ),
        ),
        Row(
            "What waits for a second person",
            (
                Panel("Waiting, by kind", (("max by (kind) (renkei_approvals_waiting) or vector(0)", "{{kind}}"),)),
                Panel(
                    "Age of the oldest, by kind",
                    (("max by (kind) (renkei_approval_oldest_age_seconds) or vector(0)", "{{kind}}"),),
                    unit="s",
                ),
            ),
        ),
        Row(
            "Replay",
            (
                Panel(
                    "Messages of plans under way, by state", (("max by (state) (renkei_replay_items)", "{{state}}"),)
                ),
                Panel(
                    "Retries before they die, by code",
                    ((per_second("renkei_retries_total", "code"), "{{code}}"),),
                    unit="ops",
                ),
            ),
        ),
    ),
)

PROTECTION = Board(
    "renkei-protection",
    "Renkei: protection",
    (
        Row(
            "Measures",
            (
                Panel(
                    "The registry is known and confirmed",
                    (("min(renkei_fence_ready)", ""),),
                    "0: nothing leaves the city.",
                    kind="stat",
                ),
                Panel(
                    "Oldest raise that a target has not confirmed",
                    (("max(renkei_fence_oldest_unconfirmed_age_seconds)", ""),),
                    "900 pages.",
                    unit="s",
                    kind="stat",
                ),
                Panel("Measures, by state", (("max by (state) (renkei_fence_measures)", "{{state}}"),)),
                Panel(
                    "About somebody unknown",
                    (("max(renkei_fence_measures_of_unknown_persons)", ""),),
                    "A number may be wrong.",
                    kind="stat",
                ),
                Panel(
                    "Raised and released by messages, in an hour",
                    (('sum(increase(renkei_log_events_total{event="fence_acted"}[1h]))', ""),),
                ),
            ),
        ),
        Row(
            "Held messages",
            (
                Panel("Held, by cause", (("max by (hop, code) (renkei_holds_open) or vector(0)", "{{hop}} {{code}}"),)),
                Panel("Age of the oldest", (("max(renkei_hold_oldest_age_seconds)", ""),), unit="s", kind="stat"),
                Panel(
                    "Newly held",
                    ((per_second("renkei_messages_total", "hop", 'outcome="held"'), "{{hop}}"),),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "Inquiries of other bodies",
            (
                Panel(
                    "Refused, by code", ((per_second("renkei_inquiries_denied_total", "code"), "{{code}}"),), unit="ops"
                ),
                Panel(
                    "Days the permission list holds",
                    (
                        (
                            "(max by (connector) (renkei_permission_list_expires_timestamp_seconds) - time()) / 86400",
                            "{{connector}}",
                        ),
                    ),
                    unit="d",
                ),
            ),
        ),
    ),
)

BOARDS = (OVERVIEW, CONNECTOR, FLOW, RABBITMQ, REPLAY, PROTECTION)
