"""F19 and F20 with the shipped configuration: a pseudonym of the portal is stored at PMH, and people look under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.sandbox import letters, numbers
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import TODAY, City
from hub.sandbox.credentials import NEIGHBOUR, credential
from hub.sandbox.flows.visits import Visit, link_key
from tests.integration.shipped import Shipped

VIEW, SHOWN, DENIED = "pmh.entitlement_view", "myna_portal.entitlements", "myna_portal.view_denied"
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

    def person(self, **changes: object) -> Registration:
        """Registered, and known to the portal."""
        one = self.register(replace(self.certificates.disclosed(), **changes))  # type: ignore[arg-type]
        self.bind(one, pseudonym(one))
        return one

    def look(self, one: Registration, sender: str = "myna_portal") -> str:
        self._serial += 1
        body = letters.entitlement_view(f"V{self._serial}", pseudonym(one), TODAY)
        viewed = self.publish(sender, "myna_portal.view", PURPOSE, body)
        self.rest()
        return viewed

    def shown(self) -> list[str]:
        """The views that showed something."""
        return [each["correlation_id"] for each in self.effects(SHOWN)]

    def denied(self) -> list[tuple[str, str]]:
        """The views that showed nothing, and what the portal heard of it."""
        return [(each["correlation_id"], each["reason"]) for each in self.effects(DENIED)]

    def seen(self) -> list[str]:
        """What PMH booked of each view."""
        return [each["reason"] for each in self.effects(VIEW)]

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


@pytest.mark.rule("R39")
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


@pytest.mark.rule("R39")
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


@pytest.mark.rule("R38")
def test_r38_people_see_what_they_have_under_the_pseudonym_alone(portal: Portal) -> None:
    one = portal.person()
    viewed = [portal.look(one), portal.look(one)]

    assert portal.shown() == viewed
    assert portal.denied() == []
    assert portal.violations() == []
    assert (portal.hub.held(), portal.hub.dead_letters()) == ([], [])


@pytest.mark.rule("R40")
def test_r40_unknown_not_disclosed_and_stopped_show_nothing_and_only_stopped_says_so(portal: Portal) -> None:
    stranger, stopped = portal.certificates.disclosed(), portal.person(view_stopped=True)
    hidden = portal.person()
    later = portal.certificates.after(hidden)
    portal.register(replace(later, child=replace(later.child, protected=True)))

    viewed = [portal.look(each) for each in (stranger, hidden, stopped)]

    assert portal.denied() == list(zip(viewed, ["unknown", "unknown", "stopped"], strict=True))
    assert portal.seen() == ["unknown", "not_disclosed", "stopped"]
    assert portal.shown() == []


@pytest.mark.rule("R36", "R41")
def test_r36_r41_what_was_deleted_or_has_ended_shows_nothing(portal: Portal) -> None:
    gone, ended = portal.person(), portal.person(revoked_on=TODAY)
    portal.register(portal.certificates.after(gone, deleted=True))

    viewed = [portal.look(gone), portal.look(ended)]

    assert portal.denied() == [(each, "unknown") for each in viewed]
    assert portal.seen() == ["deleted", "lapsed"]


@pytest.mark.rule("R40")
def test_r40_nor_does_the_hub_show_what_pmh_does_not_know_to_be_protected(portal: Portal) -> None:
    one = portal.person()
    portal.hub.protect([one.child.addressee_number])
    viewed = portal.look(one)

    assert portal.seen() == ["found"]
    assert (portal.shown(), portal.denied()) == ([], [])
    assert [(each.code, each.correlation_id) for each in portal.hub.held()] == [("fence.protected", viewed)]


@pytest.mark.rule("R34")
def test_r34_another_municipality_sees_nothing_under_the_same_pseudonym(portal: Portal) -> None:
    one = portal.person()
    asked = {"viewNumber": "N1", "pseudonym": pseudonym(one), "viewedOn": TODAY.isoformat()}
    assert portal.ask("pmh", "/entitlement-views", asked, credential(NEIGHBOUR)) == {
        "result": "unknown",
        "entitlements": [],
    }


def test_nobody_else_looks(portal: Portal) -> None:
    portal.look(portal.certificates.first(), sender="medical_institution")
    assert [(each.hop, each.code) for each in portal.hub.dead_letters()] == [
        ("intake.medical_institution", "authorise.grant")
    ]
