"""F22 through the intake stages, under the shipped configuration: who may hand over what, to whom, on which basis."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub import pipeline
from hub.exchange import Exchange
from hub.pipeline import Failed
from hub.sandbox import letters
from tests.unit.connectors.routed import REGISTRY

OFFICES = [("disability", "30"), ("single_parent", "31")]
AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


def transfer(kind: str, item: str) -> bytes:
    return letters.transfer(f"welfare.{kind}_transfer", 1, item, "000000000000101", 1, "receiving", AT)


@pytest.fixture
def taken_in(at_door, services):
    """What becomes of a transfer at the door."""

    def take(kind: str, body: bytes, purpose: str | None, sender: str = "welfare") -> Exchange | Failed:
        headers = {"purpose": purpose} if purpose else {}
        exchange = at_door(body, type=f"welfare.{kind}_transfer", headers=headers)
        moved = Exchange(f"intake.{sender}", sender, exchange.delivery, 0, trusted=False)
        return pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), moved, services(REGISTRY))

    return take


@pytest.mark.rule("R32")
@pytest.mark.parametrize(("kind", "item"), OFFICES)
def test_r32_a_transfer_goes_to_the_office_of_its_item_and_nowhere_else(taken_in, kind: str, item: str) -> None:
    outputs = taken_in(kind, transfer(kind, item), f"transfer.table2-{item}").outputs

    assert [(output.queue, output.message.type) for output in outputs] == [
        (f"delivery.{kind}_subsidy", f"{kind}.transfer")
    ]


@pytest.mark.rule("R32", "R69")
@pytest.mark.parametrize(("kind", "item"), OFFICES)
@pytest.mark.parametrize("other", [None, "statistics", "child-medical.issue", "the other office's"])
def test_r32_r69_any_other_purpose_is_refused(taken_in, kind: str, item: str, other: str | None) -> None:
    purpose = f"transfer.table2-{61 - int(item)}" if other == "the other office's" else other
    failed = taken_in(kind, transfer(kind, item), purpose)

    assert (failed.stage, failed.error.code) == ("authorise", "authorise.purpose")


@pytest.mark.rule("R32")
@pytest.mark.parametrize(("kind", "item"), OFFICES)
def test_r32_the_item_of_the_other_office_is_refused(taken_in, kind: str, item: str) -> None:
    other = str(61 - int(item))
    failed = taken_in(kind, transfer(kind, other), f"transfer.table2-{item}")

    assert (failed.stage, failed.error.code) == ("validate", "validate.schema")


@pytest.mark.rule("R31")
@pytest.mark.parametrize("basis", [b"", b"<legal_basis>ordinance-9-2</legal_basis>"])
@pytest.mark.parametrize(("kind", "item"), OFFICES)
def test_r31_without_the_basis_nothing_is_handed_over(taken_in, kind: str, item: str, basis: bytes) -> None:
    body = transfer(kind, item)
    there = b"<legal_basis>ordinance-19-11</legal_basis>"
    assert there in body
    failed = taken_in(kind, body.replace(there, basis), f"transfer.table2-{item}")

    assert (failed.stage, failed.error.code) == ("validate", "validate.schema")


@pytest.mark.rule("R53")
@pytest.mark.parametrize("sender", ["resident_registry", "disability_subsidy", "single_parent_subsidy"])
def test_r53_nobody_but_the_welfare_system_hands_over(taken_in, sender: str) -> None:
    failed = taken_in("disability", transfer("disability", "30"), "transfer.table2-30", sender)

    assert failed.error.code == "authorise.grant"
