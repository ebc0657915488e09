"""F19 with the shipped configuration: a pseudonym of the portal is stored at PMH, one to one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sandbox import letters, numbers
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import City
from hub.sandbox.flows.visits import Visit, link_key
from tests.integration.shipped import Shipped

BINDING, RESULT = "pmh.pseudonym_binding", "myna_portal.pseudonym_result"
PURPOSE = "child-medical.entitlement"


class Portal(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["pmh", "insurer_intermediate_server", "welfare", "myna_portal"])
        self.certificates = Certificates(City(1, 50), 0, 1)
        self._serial = 0

    def register(self, one: Registration | None = None) -> Registration:
        """A child with a key."""
        one = one or self.certificates.first()
        self.publish("welfare", "welfare.eligibility", "child-medical.issue", letters.eligibility(one))
        self.rest()
        return one

    def bind(self, one: Registration, pseudonym: str, sender: str = "myna_portal") -> str:
        self._serial += 1
        key = link_key(Visit(self._serial, one.child.individual_number), 1, "test")
        bound = self.publish(sender, "myna_portal.pseudonym", PURPOSE, letters.pseudonym(pseudonym, key))
        self.rest()
        return bound

    def heard(self) -> list[str]:
        """What the portal was told, in its order."""
        return [each["reason"] for each in self.effects(RESULT)]

    def booked(self) -> list[str]:
        return [each["reason"] for each in self.effects(BINDING)]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path)
    yield made
    made.close()


def pseudonym(one: Registration, nth: int = 1) -> str:
    return numbers.pseudonym(one.child.individual_number, nth)


def test_r39_a_pair_is_stored_once_and_a_second_one_refused_and_shown_to_staff(portal: Portal) -> None:
    one, other = portal.register(), portal.register()
    portal.bind(one, pseudonym(one))
    portal.bind(one, pseudonym(one))
    assert (portal.heard(), portal.booked()) == (["stored", "stored"], ["stored", "known"])

    # When somebody else comes with the pseudonym, or the child with another
    portal.bind(other, pseudonym(one))
    portal.bind(one, pseudonym(one, 2))

    # Then nothing is stored, the portal hears no, and both wait for staff
    assert portal.heard() == ["stored", "stored", "refused", "refused"]
    assert portal.booked() == ["stored", "known"]
    assert [(each.hop, each.code) for each in portal.hub.dead_letters()] == [("delivery.pmh", "deliver.bound")] * 2
    assert all(pseudonym(one) not in each.explanation for each in portal.hub.dead_letters())
    assert portal.violations() == []


def test_r39_what_is_refused_stays_refused_when_it_is_replayed(portal: Portal) -> None:
    one, other = portal.register(), portal.register()
    portal.bind(one, pseudonym(one))
    portal.bind(other, pseudonym(one))
    portal.hub.replay(portal.hub.dead_letters())
    portal.rest()

    assert portal.booked() == ["stored"]
    assert [each.state for each in portal.hub.dead_letters()] == ["replayed", "open"]


def test_nobody_else_binds_pseudonyms(portal: Portal) -> None:
    one = portal.register()
    portal.bind(one, pseudonym(one), sender="welfare")
    assert [(each.hop, each.code) for each in portal.hub.dead_letters()] == [("intake.welfare", "authorise.grant")]
    assert portal.booked() == []
