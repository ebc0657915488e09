"""F17 with the shipped configuration: the key goes to PMH, and with the 紐付番号 to online eligibility verification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sandbox import letters
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import City
from tests.integration.shipped import Shipped

LINK = "eligibility_verification.key_link"
HOP = "delivery.eligibility_verification"


class Keys(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["pmh", "insurer_intermediate_server", "eligibility_verification", "welfare"])
        self.certificates = Certificates(City(1, 50), 0, 1)

    def register(self) -> Registration:
        """A child with a key."""
        one = self.certificates.first()
        self.publish("welfare", "welfare.eligibility", "child-medical.issue", letters.eligibility(one))
        self.rest()
        return one

    def link(self, number: str, body: bytes = b"", sender: str = "insurer_intermediate_server") -> str:
        kind = "insurer_intermediate_server.key_link"
        linked = self.publish(sender, kind, "child-medical.issue", body or letters.key_link(number))
        self.rest()
        return linked

    def codes(self) -> list[tuple[str, str]]:
        return [(letter.hop, letter.code) for letter in self.hub.dead_letters()]


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    made = Keys(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R3")
def test_r3_a_key_is_linked_without_the_individual_number(keys: Keys) -> None:
    number = keys.register().child.individual_number
    linked = keys.link(number)
    keys.link(number)  # told again

    assert [each["correlation_id"] for each in keys.effects(LINK)] == [linked]
    assert keys.violations() == []
    assert keys.hub.held() == []


@pytest.mark.rule("R3")
def test_r3_a_link_with_an_individual_number_does_not_come_in(keys: Keys) -> None:
    number = keys.register().child.individual_number
    body = letters.key_link(number).replace(b"</keyLink>", b"<myNumber>%s</myNumber></keyLink>" % number.encode())
    keys.link(number, body)

    assert keys.codes() == [("intake.insurer_intermediate_server", "validate.schema")]
    assert number not in keys.hub.dead_letters()[0].explanation
    assert keys.effects(LINK) == []


def test_nobody_else_links_keys(keys: Keys) -> None:
    keys.link(keys.register().child.individual_number, sender="welfare")
    assert keys.codes() == [("intake.welfare", "authorise.grant")]


def test_a_link_of_somebody_unknown_or_protected_is_held(keys: Keys) -> None:
    """The edge leaves the city."""
    protected, unknown = keys.register().child, keys.certificates.first().child
    keys.hub.protect([protected.addressee_number])
    keys.link(protected.individual_number)
    keys.link(unknown.individual_number)

    assert sorted(each.code for each in keys.hub.held()) == ["fence.protected", "fence.unresolved"]
    assert keys.effects(LINK) == []
