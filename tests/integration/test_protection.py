"""F13 with the shipped configuration: PMH follows a raise by itself, and lets go only after two persons have agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from connectors.pmh.registration import encode
from hub import fence as rules
from hub.clock import now_us
from hub.documents import parse
from hub.sandbox import letters, measures, partner_keys, partner_protection
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import City, Resident
from hub.sandbox.measures import Measure
from hub.sandbox.process import wait_until
from hub.support import fences
from tests.integration.shipped import DEADLINE, Shipped
from tests.unit.connectors.routed import REGISTRY

CITY = City(3, 60)
FIRST = Certificates(CITY, 0, 2).first()
CHILD, GUARDIAN = FIRST.child, FIRST.guardians[0]
CLERK, SUPERVISOR = "a clerk", "a supervisor"


class Protecting(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["pmh", "welfare", "integration_platform"])
        self.partners["pmh"].lay_out(*partner_keys.bound(CHILD.individual_number, "K900000000000001"))

    def register(self, record: Registration) -> None:
        """As the welfare system does, and keeps it in its books."""
        body = letters.eligibility(record)
        self.partners["welfare"].lay_out(*partner_protection.booked(body))
        self.publish("welfare", "welfare.eligibility", "child-medical.issue", body)
        self.rest()

    def act(self, measure: Measure) -> None:
        self.publish(measure.source, measure.type, "protection.measure", measures.letter(measure))
        self.rest()

    def act_for_all(self, *household: Measure) -> str:
        body = measures.household_letter(household)
        message_id = self.publish("resident_registry", measures.HOUSEHOLD, "protection.measure", body)
        self.rest()
        return message_id

    def standing(self) -> rules.Standing:
        (found,) = rules.standings(self.hub.app.store.acts())
        return found

    def taken(self) -> list[str]:
        """Digests of what PMH was sent, in its order."""
        return [each["digest"] for each in self.effects("pmh.registration")]

    def registered(self) -> list[int]:
        """The history keys PMH has taken, in its order."""
        return [each["version"] for each in self.effects("pmh.registration")]


@pytest.fixture
def protecting(tmp_path: Path) -> Iterator[Protecting]:
    made = Protecting(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R40")
@pytest.mark.parametrize("person", [CHILD, GUARDIAN], ids=["child", "guardian"])
@pytest.mark.parametrize("source", ["welfare", "resident_registry"])
def test_r40_what_pmh_has_is_registered_anew_as_not_disclosed_by_itself(
    protecting: Protecting, person: Resident, source: str
) -> None:
    # Given a child PMH has a record of, and a PMH that fails before and after it acts
    protecting.register(FIRST)
    protecting.partners["pmh"].mode("500_after", times=2)
    # When the child, or who is named with it, is protected
    protecting.act(Measure(source, person, 1, "domestic_violence"))
    # Then PMH has it anew, and has said so; nobody published a registration
    wait_until(lambda: "pmh" in protecting.standing().confirmed, "PMH has said so", DEADLINE)
    assert protecting.registered() == [FIRST.history_key, FIRST.history_key + 1]
    assert protecting.standing().confirmed == {"pmh"}  # the intermediate server is not part of this
    assert protecting.violations() == []


def test_one_act_protects_every_member_of_a_household_it_names(protecting: Protecting) -> None:
    """Given a child that PMH has, and a household that seeks protection together (併せて支援を求める者)
    When one act names all of them
    Then the fence is up for each, and all targets follow for each; only the member a later act names is released.
    """
    protecting.register(FIRST)
    household = [Measure("resident_registry", one, n, "stalking") for n, one in ((1, CHILD), (4, GUARDIAN))]

    act = protecting.act_for_all(*household)
    protecting.act_for_all(*household)  # the registry says it again

    raised = rules.standings(protecting.hub.app.store.acts())
    assert len(raised) == 2
    assert {one.raised.version for one in raised} == {1, 4}
    assert len({one.raised.number for one in raised}) == 1
    wait_until(lambda: all("pmh" in one.confirmed for one in found(protecting)), "PMH has said so", DEADLINE)
    trace = protecting.hub.app.store.trace(act)
    of_act = [each for each in trace if each.type == "protection.household"]
    for hop in ("delivery.integration_platform", "delivery.welfare"):
        assert len({each.message_id for each in of_act if each.hop == hop}) == 2, "one for each member"

    protecting.act(replace(household[1], version=5, released=True))
    assert [one.released is not None for one in found(protecting)] == [False, True]
    assert all(not one.lifted for one in found(protecting)), "a message opens no fence"


def found(protecting: Protecting) -> list[rules.Standing]:
    return rules.standings(protecting.hub.app.store.acts())


def test_what_pmh_never_had_needs_nothing_there(protecting: Protecting) -> None:
    protecting.act(Measure("welfare", CHILD, 1, "stalking"))

    assert protecting.standing().confirmed == {"pmh"}
    assert protecting.registered() == []


def test_a_record_that_discloses_is_made_not_to_until_two_persons_have_agreed(protecting: Protecting) -> None:
    """Given a protected child that PMH has as not disclosed
    When the welfare system registers it as disclosed, the hub says otherwise;
    when two persons have agreed to lift the measure, it goes as it is, and the welfare system's word lets go."""
    protecting.register(FIRST)
    protecting.act(Measure("welfare", CHILD, 1, "domestic_violence"))
    lowered = replace(FIRST, child=replace(CHILD, protected=False), history_key=FIRST.history_key + 10)
    protecting.register(lowered)
    anew = replace(FIRST, history_key=FIRST.history_key + 1)
    assert protecting.taken() == [wire(FIRST), wire(anew, shielded=True), wire(lowered, shielded=True)]

    store, measure = protecting.hub.app.store, protecting.standing().measure
    fences.request_lift(store, measure, CLERK, "it is over", now_us())
    protecting.register(asked := replace(lowered, history_key=FIRST.history_key + 11))
    fences.approve_lift(store, measure, SUPERVISOR, 72)
    protecting.register(agreed := replace(lowered, history_key=FIRST.history_key + 12))
    assert protecting.taken()[3:] == [wire(asked, shielded=True), wire(agreed)]

    said = f"<addressee_number>{CHILD.addressee_number}</addressee_number><held>false</held>"
    body = (
        f'<non_disclosure xmlns="urn:renkei:welfare.non_disclosure:v1">{said}'
        "<stated_at>2026-09-20T10:00:00+09:00</stated_at></non_disclosure>"
    )
    protecting.publish("welfare", "welfare.non_disclosure", "child-medical.issue", body.encode())
    protecting.rest()
    assert protecting.standing().cleared == {"pmh"}


def wire(record: Registration, *, shielded: bool = False) -> str:
    """Digest of what PMH is to get of a record, with the flag or as its source has it."""
    document = parse(letters.eligibility(record), 100_000)
    (inward,) = REGISTRY.way_in("welfare.eligibility", 1)
    target = REGISTRY.target("eligibility.registration", 1, "pmh")
    assert target.mapping is not None
    assert target.contract.protection is not None
    document = target.mapping.apply(inward.apply(document))
    document = target.contract.protection.shielded(document) if shielded else document
    return sha256(encode(document.serialise())).hexdigest()
