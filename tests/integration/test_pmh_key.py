"""F17 with the shipped configuration: the key goes to PMH, and with the 紐付番号 to online eligibility verification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hub.metrics import Metrics, samples
from hub.sandbox import letters
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import City
from hub.sandbox.process import wait_until
from tests.integration.shipped import DEADLINE, Shipped

LINK = "eligibility_verification.key_link"
HOP = "delivery.eligibility_verification"
ASKED = ("delivery.insurer_intermediate_server", "pmh_key.request", 1)


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


def test_a_key_that_is_asked_for_and_not_issued_yet_is_seen(keys: Keys) -> None:
    store = keys.hub.app.store
    store.set_paused("insurer_intermediate_server", "for the test")
    one = keys.certificates.first()
    keys.publish("welfare", "welfare.eligibility", "child-medical.issue", letters.eligibility(one))
    wait_until(lambda: pending(keys) == [ASKED], "the key is asked for", DEADLINE)
    assert told(keys) == [({"hop": ASKED[0], "type": ASKED[1]}, 1.0)]

    store.set_paused("insurer_intermediate_server", None)
    wait_until(lambda: keys.effects("pmh.key_binding"), "it is issued, and PMH has it", DEADLINE)
    keys.rest()
    assert pending(keys) == []
    assert told(keys) == []


def pending(keys: Keys) -> list[tuple[str, str, int]]:
    found = keys.hub.app.store.awaited()
    return [(hop, type_, count) for hop, type_, count, _ in found if type_.startswith("pmh_key.")]


def told(keys: Keys) -> list[tuple[Mapping[str, str], float]]:
    metrics = Metrics(keys.hub.app.registry.flow_of_types())
    keys.hub.app.refresh(metrics)
    found = samples(metrics.expose()[1].decode(), "renkei_messages_awaited")
    return [(labels, value) for labels, value in found if labels["type"].startswith("pmh_key.")]
