"""What is counted, and that no sender can put words into a label."""

import time
from dataclasses import replace

import pytest

from hub.metrics import Metrics
from hub.ports.store import Circuit, End, Progress, Settlement

SETTLEMENT = Settlement(
    hop="intake.welfare",
    message_id="11111111-1111-4111-8111-111111111111",
    type="welfare.eligibility",
    source="welfare",
    correlation_id="22222222-2222-4222-8222-222222222222",
    digest="d",
    attempt=1,
    outcome=End.FORWARDED,
    code=None,
    started_at=1_000_000,
    settled_at=1_500_000,
    leased_at=None,
)


def labels(metrics: Metrics, name: str) -> list[dict[str, str]]:
    return [sample.labels for family in metrics.registry.collect() for sample in family.samples if sample.name == name]


def test_a_registered_type_is_a_label() -> None:
    metrics = Metrics({"welfare.eligibility": "F3"})
    metrics.settled(SETTLEMENT, None)
    assert labels(metrics, "renkei_messages_total") == [
        {
            "hop": "intake.welfare",
            "partner": "welfare",
            "type": "welfare.eligibility",
            "flow": "F3",
            "outcome": "forwarded",
        }
    ]


def test_an_unregistered_type_is_the_senders_own_word_and_is_not_under_any_code() -> None:
    metrics = Metrics({"welfare.eligibility": "F3"})
    for code in ("validate.type", "authenticate.sender", "receive.id_conflict", None):
        outcome = End.DUPLICATE if code is None else Progress.DEAD
        metrics.settled(replace(SETTLEMENT, type="suzuki.hanako", code=code, outcome=outcome), None)
    assert {found["type"] for found in labels(metrics, "renkei_messages_total")} == {"unknown"}
    assert "suzuki" not in metrics.expose()[1].decode()


def test_what_waits_for_a_second_person_is_counted_by_kind_and_gone_when_decided() -> None:
    metrics = Metrics()
    now = int(time.time() * 1_000_000)

    def values(name: str) -> dict[str, float]:
        families = metrics.registry.collect()
        return {one.labels["kind"]: one.value for each in families for one in each.samples if one.name == name}

    metrics.approvals([("discard", 2, now - 90_000_000), ("hold", 1, now)], [now - 60_000_000, now])
    assert values("renkei_approvals_waiting") == {"discard": 2, "hold": 1, "fence": 2}
    ages = values("renkei_approval_oldest_age_seconds")
    assert ages == pytest.approx({"discard": 90, "hold": 0, "fence": 60}, abs=5)

    metrics.approvals([], [])
    assert values("renkei_approvals_waiting") == values("renkei_approval_oldest_age_seconds") == {}


def test_emergencies_are_counted_while_they_are_open() -> None:
    metrics = Metrics()
    for count in (1, 0):
        metrics.emergencies(count)
        assert metrics.registry.get_sample_value("renkei_emergencies_open") == count


def test_a_delivery_is_timed_from_the_acceptance_and_leads_to_its_trace() -> None:
    metrics = Metrics({"welfare.eligibility": "F3"})
    delivered = replace(SETTLEMENT, hop="delivery.pmh", outcome=End.DELIVERED, settled_at=7_000_000)
    metrics.delivered(delivered, 1_000_000, "0af7651916cd43dd8448eb211c80319c")
    metrics.delivered(delivered, None, None)  # nobody noted when it was accepted

    kind, text = metrics.expose("application/openmetrics-text;version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    line = next(
        one for one in text.decode().splitlines() if "accepted_to_delivered_seconds_bucket" in one and "#" in one
    )
    assert 'flow="F3",le="15.0"} 1.0 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 6.0' in line
    plain, text = metrics.expose()
    assert plain.startswith("text/plain")
    assert b"trace_id" not in text


def test_answers_are_counted_by_class_of_their_status() -> None:
    metrics = Metrics()
    for status in (200, 204, 404, 503, None, 700):
        metrics.answered("pmh", status, 0.1)
    found = {one["status"] for one in labels(metrics, "renkei_partner_response_seconds_count")}
    assert found == {"2xx", "4xx", "5xx", "none", "other"}


def test_an_opening_is_counted_once_and_not_the_one_before_the_start() -> None:
    metrics = Metrics()

    def seen(*circuits: Circuit) -> float:
        for circuit in circuits:
            metrics.circuit("pmh", circuit)
        return metrics.registry.get_sample_value("renkei_circuit_openings_total", {"connector": "pmh"}) or 0

    assert seen(Circuit("open", openings=1, probe_at=5)) == 0
    assert seen(Circuit("closed")) == 0
    assert seen(Circuit("open", openings=1, probe_at=9), Circuit("open", openings=1, probe_at=9)) == 1
    assert seen(Circuit("probing", probe_at=9), Circuit("open", openings=2, probe_at=12)) == 2
