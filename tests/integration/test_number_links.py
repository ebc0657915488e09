"""F1 with the shipped configuration: the hub, its connectors and the simulated partners, on the in-process broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3

from hub.codes import CODES
from hub.sandbox import letters
from hub.sandbox.cards import Link
from hub.sandbox.process import wait_until
from tests.integration.shipped import Shipped

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
PURPOSE = "application.number-link"
P1, P2 = "000000000000101", "000000000000102"
OLD, NEW, OTHER = "A0000000000000AF", "A0000000000000BF", "A0000000000000CF"
HOP = "delivery.application_management"


class City(Shipped):
    """The hub between the registry and application management."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, ["application_management", "resident_registry"])

    def difference(self, number: int, *links: Link, message_id: str = "") -> str:
        body = letters.number_links(number, links, AT)
        return self.publish("resident_registry", "resident_registry.number_links", PURPOSE, body, message_id)

    def full_set(self, last: int, *links: Link) -> str:
        body = letters.number_link_set(last, links, AT)
        return self.publish("resident_registry", "resident_registry.number_link_set", PURPOSE, body)

    def numbers(self) -> list[int]:
        """The differences that were applied, in that order."""
        return [each["version"] for each in self.effects("application_management.number_links")]

    def requests(self) -> list[str]:
        """What the registry was asked the full set for, by the message that began it."""
        return [each["correlation_id"] for each in self.effects("resident_registry.full_set_request")]

    def linked(self, serial: str) -> tuple[int, str]:
        answer = urllib3.request("GET", f"{self.partners['application_management'].url}/links/{serial}", retries=False)
        return answer.status, answer.data.decode()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R11", "R13")
def test_r11_a_renewed_card_and_r13_a_serial_of_two_people(city: City) -> None:
    old = Link(OLD, P1)
    city.difference(1, old)
    city.difference(2, old.closed(), Link(NEW, P1))
    city.difference(3, Link(OTHER, P1), Link(OTHER, P2))
    city.rest()

    assert city.linked(NEW) == (200, P1)
    assert city.linked(OLD)[0] == 404
    assert city.linked(OTHER) == (409, "")


@pytest.mark.rule("R12")
def test_r12_each_difference_is_applied_once_and_in_order_though_the_partner_fails(city: City) -> None:
    city.partners["application_management"].mode("500_after", times=2)
    message_ids = [city.difference(number, Link(f"{number:016X}", P1)) for number in range(1, 9)]
    city.difference(3, Link(f"{3:016X}", P1), message_id=message_ids[2])  # a copy of the same message
    city.difference(4, Link(f"{4:016X}", P1))  # the same difference as another message
    city.rest()

    assert city.numbers() == list(range(1, 9))
    assert city.hub.dead_letters() == []
    assert city.hub.reconciled()


@pytest.mark.rule("R12")
def test_r12_a_gap_stops_asks_for_the_full_set_and_goes_on_after_it(city: City) -> None:
    # Given a difference that is missing
    rows = [Link(f"{number:016X}", P1) for number in range(6)]
    city.difference(1, rows[1])
    stopped = city.difference(3, rows[3])
    city.difference(4, rows[4])
    city.rest()

    # Then the hub does not go past it, support staff see why and what to do, and the registry is asked
    assert city.numbers() == [1]
    (letter,) = city.hub.dead_letters()
    assert (letter.code, letter.hop, letter.state) == ("deliver.gap", HOP, "open")
    assert letter.explanation == "the partner expects number 2, this is 3"
    assert CODES[letter.code].actor == "support"
    assert "full set" in CODES[letter.code].next_step
    assert city.requests() == [stopped]

    # When the full set has come, past what waits, and the dead letter is replayed
    city.full_set(3, *rows[1:4])
    city.rest()
    assert city.linked(rows[2].serial) == (200, P1)
    assert city.numbers() == [1]
    assert city.hub.replay(city.hub.dead_letters()) == 1

    # Then what waited goes on, and so does what comes later
    city.difference(5, rows[5])
    city.rest()
    assert city.numbers() == [1, 4, 5]
    assert city.requests() == [stopped]
    assert [each.state for each in city.hub.dead_letters()] == ["replayed"]
    assert city.hub.reconciled()


@pytest.mark.rule("R12")
def test_r12_replayed_too_early_it_stops_again_and_asks_again(city: City) -> None:
    stopped = city.difference(2, Link(OLD, P1))
    city.rest()
    city.hub.replay(city.hub.dead_letters())
    wait_until(lambda: len(city.requests()) == 2, "asked again", 30)

    assert city.requests() == [stopped, stopped]
    assert city.numbers() == []
    assert [each.state for each in city.hub.dead_letters()] == ["replayed", "open"]
