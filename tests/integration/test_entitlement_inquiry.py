"""F18 with the shipped configuration: from the terminal in the institution to PMH and back, by way of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.sandbox import letters, numbers
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import TODAY, City
from hub.sandbox.credentials import NEIGHBOUR, credential
from tests.integration.shipped import Shipped

ASKED = "pmh.entitlement_inquiry"
TOLD, DENIED = "medical_institution.entitlements", "medical_institution.no_entitlement"
PARTNERS = ["pmh", "insurer_intermediate_server", "eligibility_verification", "welfare", "medical_institution"]


class Clinic(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, PARTNERS)
        self.certificates = Certificates(City(1, 50), 0, 1)
        self._file = 0

    def register(self, one: Registration) -> Registration:
        self.publish("welfare", "welfare.eligibility", "child-medical.issue", letters.eligibility(one))
        self.rest()
        return one

    def patient(self, **changes: object) -> Registration:
        """Registered, with a key that online eligibility verification knows."""
        one = self.register(replace(self.certificates.first(), **changes))  # type: ignore[arg-type]
        body = letters.key_link(one.child.individual_number)
        self.publish("insurer_intermediate_server", "insurer_intermediate_server.key_link", "child-medical.issue", body)
        self.rest()
        return one

    def link_key(self, one: Registration, *, consent: bool = True) -> str:
        """The patient stands at the terminal."""
        number = numbers.link_number(one.child.individual_number)
        issued = self.ask("eligibility_verification", "/terminal", {"linkNumber": number, "consent": consent})
        return str(issued["linkKey"])

    def inquire(self, link_key: str, message_id: str = "", sender: str = "medical_institution") -> str:
        self._file += 1
        body = letters.entitlement_inquiry(numbers.institution_code(1), f"F{self._file}", TODAY, link_key)
        asked = self.publish(sender, "medical_institution.inquiry", "child-medical.entitlement", body, message_id)
        self.rest()
        return asked

    def told(self) -> list[str]:
        """The inquiries that were answered with something."""
        return [each["correlation_id"] for each in self.effects(TOLD)]

    def denied(self) -> list[str]:
        return [each["correlation_id"] for each in self.effects(DENIED)]

    def reasons(self) -> list[str]:
        """As PMH booked them."""
        return [each["reason"] for each in self.effects(ASKED)]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R37", "R38")
def test_r37_r38_a_patient_who_consents_is_told_of_once_per_key(clinic: Clinic) -> None:
    # Given a patient at the terminal
    one = clinic.patient()
    key = clinic.link_key(one)

    # When the institution asks twice with the same key, and then without consent
    first = clinic.inquire(key)
    again = clinic.inquire(key)
    without = clinic.inquire(clinic.link_key(one, consent=False))

    # Then it is told once, and the two kinds of no are one
    assert clinic.told() == [first]
    assert clinic.denied() == [again, without]
    assert clinic.reasons() == ["found", "replayed", "no_consent"]
    assert clinic.violations() == []
    assert (clinic.hub.held(), clinic.hub.dead_letters()) == ([], [])


@pytest.mark.rule("R37")
def test_r37_a_repeated_send_uses_the_key_once(clinic: Clinic) -> None:
    """The hub asks again under the same idempotency key when an answer was lost."""
    key = clinic.link_key(clinic.patient())
    clinic.partners["pmh"].mode("reset_after", times=1)
    asked = clinic.inquire(key)

    assert clinic.told() == [asked]
    assert clinic.reasons() == ["found"]


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_from": TODAY - timedelta(days=800)}, "lapsed"),
        ({"revoked_on": TODAY}, "lapsed"),
    ],
)
def test_r41_what_has_ended_is_not_told(clinic: Clinic, changes: dict[str, object], reason: str) -> None:
    asked = clinic.inquire(clinic.link_key(clinic.patient(**changes)))
    assert (clinic.denied(), clinic.told(), clinic.reasons()) == ([asked], [], [reason])


@pytest.mark.rule("R36")
def test_r36_what_was_deleted_is_not_told(clinic: Clinic) -> None:
    one = clinic.patient()
    clinic.register(clinic.certificates.after(one, deleted=True))
    asked = clinic.inquire(clinic.link_key(one))
    assert (clinic.denied(), clinic.told(), clinic.reasons()) == ([asked], [], ["deleted"])


@pytest.mark.rule("R40")
def test_r40_what_is_not_disclosed_is_not_told_by_pmh(clinic: Clinic) -> None:
    one = clinic.patient()
    hidden = clinic.certificates.after(one)
    clinic.register(replace(hidden, child=replace(hidden.child, protected=True)))
    asked = clinic.inquire(clinic.link_key(one))
    assert (clinic.denied(), clinic.told(), clinic.reasons()) == ([asked], [], ["not_disclosed"])


@pytest.mark.rule("R40")
def test_r40_nor_by_the_hub_while_pmh_does_not_know_of_a_protection(clinic: Clinic) -> None:
    # Given a child who is protected after its registration
    one, other = clinic.patient(), clinic.patient()
    clinic.hub.protect([one.child.addressee_number])

    # When institutions ask about it and about another
    held = clinic.inquire(clinic.link_key(one))
    asked = clinic.inquire(clinic.link_key(other))

    # Then PMH would have told, and the hub does not; a no gets through
    assert clinic.reasons() == ["found", "found"]
    assert clinic.told() == [asked]
    assert [(each.code, each.correlation_id) for each in clinic.hub.held()] == [("fence.protected", held)]
    no = clinic.inquire(clinic.link_key(one, consent=False))
    assert clinic.denied() == [no]


@pytest.mark.rule("R40")
def test_r40_what_is_registered_about_a_protected_child_makes_pmh_say_no_by_itself(clinic: Clinic) -> None:
    one = clinic.patient()
    clinic.hub.protect([one.child.addressee_number])
    clinic.register(clinic.certificates.after(one))  # whose source does not say so
    asked = clinic.inquire(clinic.link_key(one))
    assert (clinic.denied(), clinic.reasons()) == ([asked], ["not_disclosed"])
    assert clinic.hub.held() == []


@pytest.mark.rule("R38")
def test_r38_an_inquiry_with_a_number_or_from_somebody_else_does_not_come_in(clinic: Clinic) -> None:
    one = clinic.certificates.first()
    clinic.inquire(one.child.individual_number)
    clinic.inquire(numbers.pmh_key(one.child.individual_number))
    clinic.inquire("A" * 200, sender="welfare")

    assert [(each.hop, each.code) for each in clinic.hub.dead_letters()] == [
        ("intake.medical_institution", "validate.schema"),
        ("intake.medical_institution", "validate.schema"),
        ("intake.welfare", "authorise.grant"),
    ]
    assert one.child.individual_number not in clinic.hub.dead_letters()[0].explanation
    assert clinic.partners["pmh"].ledger() == []


@pytest.mark.rule("R34")
def test_r34_the_shipped_connector_goes_by_the_credential_of_the_city(clinic: Clinic) -> None:
    """What was registered by way of the hub lies in the city's area, and no other municipality finds it."""
    one = clinic.patient()
    asked = {
        "institutionCode": numbers.institution_code(2),
        "fileIdentifier": "N1",
        "confirmedOn": TODAY.isoformat(),
        "linkKey": clinic.link_key(one),
    }
    found = clinic.ask("pmh", "/entitlement-inquiries", asked, credential(NEIGHBOUR))

    assert found["entitlements"] == []
    clinic.inquire(clinic.link_key(one))
    assert clinic.reasons() == ["unknown", "found"]
