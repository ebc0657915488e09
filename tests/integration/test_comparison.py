"""F8 with the shipped configuration: the hub between the welfare system and application management."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.sandbox import letters
from hub.sandbox.applications import reception_number, written
from tests.integration.shipped import Shipped

AT = datetime(2026, 9, 1, 11, tzinfo=UTC)
NUMBER = reception_number(7)
COMPARED, CLOSED = "application_management.registered_record", "application_management.registration_closing"


class Office(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["application_management", "welfare"])

    def record(self, version: int, **wrong: str) -> str:
        body = letters.registered_record(NUMBER, version, dict(written(NUMBER)) | wrong, AT)
        return self.publish("welfare", "welfare.registered_record", "application.comparison", body)

    def closing(self, version: int) -> str:
        body = letters.registration_closing(NUMBER, version, AT)
        return self.publish("welfare", "welfare.registration_closing", "application.comparison", body)

    def began(self, operation: str) -> list[str]:
        """What had this effect, by the message that began it."""
        return [each["correlation_id"] for each in self.effects(operation)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R19")
def test_r19_a_mismatch_is_a_work_item_and_the_case_stays_open_until_it_is_solved(office: Office) -> None:
    # Given a record that differs, and a wish to close its case at once, while the partner fails
    office.partners["application_management"].mode("500", times=2)
    wrong = office.record(1, child_name="川崎　花子")
    early = office.closing(1)
    office.rest()

    # Then the comparison came first, a person has a work item, and the case is open
    assert office.began("welfare.work_item") == [wrong]
    assert office.began("welfare.closing_decision") == [early]
    assert office.effects(CLOSED) == []

    # When the record is corrected
    right = office.record(2)
    late = office.closing(2)
    office.rest()

    # Then the case is closed, once
    assert office.began("welfare.comparison_matched") == [right]
    assert office.began(CLOSED) == [late]
    assert office.began("welfare.work_item") == [wrong]
    assert office.hub.dead_letters() == []
    assert office.violations() == []


@pytest.mark.rule("R19")
def test_r19_closing_waits_for_a_comparison_that_died(office: Office) -> None:
    office.partners["application_management"].mode("400", times=1)
    office.record(1)
    office.rest()
    closing = office.closing(1)
    office.rest()
    assert office.began("welfare.closing_decision") == []

    office.hub.replay(office.hub.dead_letters())
    office.rest()
    assert office.began(CLOSED) == [closing]


@pytest.mark.rule("R19")
def test_r19_an_older_record_that_comes_late_reopens_nothing(office: Office) -> None:
    office.record(2)
    office.rest()
    office.record(1, child_name="川崎　花子")
    office.rest()

    assert [each["version"] for each in office.effects(COMPARED)] == [2]
    assert office.began("welfare.work_item") == []
    assert office.hub.dead_letters() == []
