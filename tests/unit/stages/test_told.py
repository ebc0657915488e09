"""Of which copies a publisher hears: of those it may have sent itself."""

from dataclasses import dataclass, replace

import pytest

from hub import outcomes
from hub.message import Message
from hub.ports.store import End
from tests.unit.stages.conftest import MESSAGE_ID


@dataclass
class Urgent:
    """A registry with one type that goes through two lanes."""

    def urgent_types(self) -> dict[str, tuple[str, ...]]:
        return {"welfare": ("welfare.measure",)}


@pytest.mark.parametrize(
    ("hop", "type", "end", "told"),
    [
        ("intake.welfare", "welfare.eligibility", End.DUPLICATE, MESSAGE_ID),
        ("intake.welfare", "welfare.measure", End.DUPLICATE, None),  # the door's copy, behind that of the urgent lane
        ("intake.welfare", "welfare.measure", End.FORWARDED, MESSAGE_ID),
        ("delivery.pmh", "welfare.eligibility", End.DUPLICATE, None),  # handed out again after a fault
        ("delivery.pmh", "welfare.eligibility", End.DELIVERED, MESSAGE_ID),
    ],
)
def test_a_copy_is_told_of_where_it_may_be_the_publishers(
    at_door, services, hop: str, type: str, end: End, told: str | None
) -> None:
    message = Message(MESSAGE_ID, type, 1, "welfare", MESSAGE_ID, b"<x/>", published_as=MESSAGE_ID)
    exchange = replace(at_door(), hop=hop, message=message)

    assert outcomes.ended(exchange, end, services(Urgent())).settlement.told == told
