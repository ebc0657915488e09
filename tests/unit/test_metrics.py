"""What is counted, and that no sender can put words into a label."""

import time
from dataclasses import replace

import pytest

from hub.metrics import Metrics
from hub.ports.store import End, Progress, Settlement

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
    metrics = Metrics({"welfare.eligibility"})
    metrics.settled(SETTLEMENT, None)
    assert labels(metrics, "renkei_messages_total") == [
        {"hop": "intake.welfare", "partner": "welfare", "type": "welfare.eligibility", "outcome": "forwarded"}
    ]


def test_an_unregistered_type_is_the_senders_own_word_and_is_not_under_any_code() -> None:
    metrics = Metrics({"welfare.eligibility"})
    for code in ("validate.type", "authenticate.sender", "receive.id_conflict", None):
        outcome = End.DUPLICATE if code is None else Progress.DEAD
        metrics.settled(replace(SETTLEMENT, type="suzuki.hanako", code=code, outcome=outcome), None)
    assert {found["type"] for found in labels(metrics, "renkei_messages_total")} == {"unknown"}
    assert "suzuki" not in metrics.expose().decode()


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
