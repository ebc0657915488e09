"""The witness sees an ack, or a commit, that came too early."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.ports.broker import Outgoing, Properties, PublishOutcome, Tag
from hub.ports.store import Child, End, Progress, Settlement
from hub.sandbox.faults.witness import Witness, breaches

TAG = Tag(1, 1)


def settlement(outcome: End | Progress = End.FORWARDED, *children: str) -> Settlement:
    return Settlement(
        hop="intake.welfare",
        message_id="m",
        type="t",
        source="welfare",
        correlation_id="m",
        digest="d",
        attempt=1,
        outcome=outcome,
        code=None,
        started_at=0,
        settled_at=0,
        children=tuple(Child("delivery.pmh", each, "t", "d", None) for each in children),
    )


def published(message_id: str) -> list[Outgoing]:
    return [Outgoing("", "q", b"", Properties(message_id))]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "witness"


def test_publish_confirm_commit_ack_is_as_it_should_be(file: Path) -> None:
    witness = Witness(file)
    witness.confirmed(published("child"), [PublishOutcome.CONFIRMED])
    witness.settling([settlement(End.FORWARDED, "child")])
    witness.settled([settlement(End.FORWARDED, "child")])
    witness.acking([TAG], {TAG: "m"})

    assert breaches([file]) == []


def test_an_ack_before_the_commit_is_seen(file: Path) -> None:
    witness = Witness(file)
    witness.settling([settlement()])
    witness.acking([TAG], {TAG: "m"})
    witness.settled([settlement()])

    assert breaches([file]) == ["acked before it was committed: m"]


@pytest.mark.parametrize("outcome", [PublishOutcome.REFUSED, PublishOutcome.RETURNED])
def test_a_commit_of_what_the_broker_did_not_take_is_seen(file: Path, outcome: PublishOutcome) -> None:
    witness = Witness(file)
    witness.confirmed(published("child"), [outcome])
    witness.settling([settlement(End.FORWARDED, "child")])

    assert breaches([file]) == ["committed before it was confirmed: child at intake.welfare"]


def test_a_retry_that_was_not_published_is_seen(file: Path) -> None:
    Witness(file).settling([settlement(Progress.RETRY)])

    assert breaches([file]) == ["committed before it was confirmed: m at intake.welfare"]
