"""F12 with the shipped configuration: an inquiry about a protected person waits for two people, who may give a part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.errors import Refused
from hub.ports.holds import Hold
from hub.sandbox import inquiries, letters
from hub.sandbox.city import City
from hub.sandbox.inquiries import INQUIRER, Inquiry
from hub.sandbox.numbers import integrated_number
from hub.support import holds
from tests.integration.shipped import Shipped

CHILD = City(1, 50).residents[7]
ANSWER, DENIED = "intermediate_server.provision_answer", "intermediate_server.provision_denied"
CLERK, SUPERVISOR = "a clerk", "a supervisor"


class Network(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["integration_platform", "intermediate_server", "resident_registry", "welfare"])

    def prepare(self) -> None:
        """The child has a number everywhere, and the list permits to ask."""
        body = letters.person_number(CHILD, datetime(2026, 9, 1, 9, tzinfo=UTC))
        self.publish("welfare", "welfare.person_number", "child-medical.numbering", body)
        listed = inquiries.permission_list(1, [INQUIRER])
        self.publish("intermediate_server", inquiries.LIST, "network.permissions", listed)
        self.rest()

    def ask(self, serial: int = 1) -> str:
        body = inquiries.letter(Inquiry(serial, integrated_number(CHILD.individual_number)))
        return self.publish("intermediate_server", inquiries.ASKED, "network.provision", body)

    def held(self) -> Hold:
        self.rest()
        (hold,) = self.hub.held()
        assert self.effects(ANSWER) == []
        return hold

    def seen(self, hold: Hold, withhold: list[str] | None = None) -> bytes:
        """What would leave, as a person sees it."""
        app = self.hub.app
        return holds.look(app.store, app.bench.hub, hold.id, CLERK, "a court asks", withhold).text.encode()

    def review(self, hold: Hold, *withhold: str) -> None:
        holds.review(self.hub.app.store, self.hub.app.bench.hub, hold.id, CLERK, "they may have it", withhold)

    def approve(self, hold: Hold, who: str = SUPERVISOR) -> None:
        app = self.hub.app
        holds.approve(app.store, app.broker, app.bench.hub, hold.id, who, "agreed")
        self.rest()

    def answered(self) -> list[str]:
        """Digests of the answers that took effect, by the server's own ledger."""
        return [entry["digest"] for entry in self.effects(ANSWER)]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    made = Network(tmp_path)
    yield made
    made.close()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.rule("R25")
def test_r25_about_somebody_else_it_is_answered_at_once_and_about_the_protected_in_part(network: Network) -> None:
    # Given an inquiry that was answered by itself
    network.prepare()
    network.ask(1)
    network.rest()
    assert len(network.answered()) == 1
    network.partners["intermediate_server"].ledger()

    # When the child is protected, and somebody asks again
    network.hub.protect([CHILD.addressee_number])
    network.ask(2)
    network.rest()
    (hold,) = network.hub.held()
    assert (hold.code, hold.type) == ("fence.protected", "provision.content")

    # Then one person takes an item out, and another agrees to what is left
    whole, part = network.seen(hold), network.seen(hold, ["ZEI001"])
    assert part.count(b"NotDisclosed") == 1
    network.review(hold, "ZEI001")
    assert network.seen(hold) == part
    with pytest.raises(Refused, match=r"hold\.same_person"):
        network.approve(hold, CLERK)
    network.approve(hold)

    # And exactly that left
    assert network.answered()[1:] == [digest(part)] != [digest(whole)]
    assert network.hub.held() == []
    assert network.violations() == []
    assert [act.reason for act in network.hub.app.store.hold_acts(hold.id) if act.act == "review"] == [
        "they may have it (withheld: ZEI001)"
    ]


@pytest.mark.rule("R25")
def test_r25_the_last_review_counts_and_an_item_it_does_not_have_is_refused(network: Network) -> None:
    network.prepare()
    network.hub.protect([CHILD.addressee_number])
    network.ask()
    hold = network.held()
    whole = network.seen(hold)

    with pytest.raises(Refused, match=r"hold\.part"):
        network.review(hold, "ZEI009")
    network.review(hold, "ZEI001")
    network.review(hold)  # on second thoughts
    assert network.seen(hold) == whole
    network.approve(hold)

    assert network.answered() == [digest(whole)]


@pytest.mark.rule("R25")
def test_r25_a_raise_after_the_approval_of_a_part_holds_it_anew_and_still_in_part(network: Network) -> None:
    network.prepare()
    network.hub.protect([CHILD.addressee_number])
    network.ask()
    hold = network.held()
    part = network.seen(hold, ["ZEI002"])
    network.hub.app.store.set_paused("intermediate_server", "for the test")
    network.review(hold, "ZEI002")
    app = network.hub.app
    holds.approve(app.store, app.broker, app.bench.hub, hold.id, SUPERVISOR, "agreed")

    network.hub.protect([CHILD.addressee_number])
    app.store.set_paused("intermediate_server", None)

    again = network.held()
    assert again.id != hold.id
    assert network.seen(again) == part


@pytest.mark.rule("R23")
def test_r23_not_permitted_is_told_no_even_about_a_protected_person(network: Network) -> None:
    network.prepare()
    network.hub.protect([CHILD.addressee_number])
    listed = inquiries.permission_list(2, [])
    network.publish("intermediate_server", inquiries.LIST, "network.permissions", listed)
    network.rest()

    asked = network.ask()
    network.rest()

    assert [each["correlation_id"] for each in network.effects(DENIED)] == [asked]
    assert network.hub.held() == []
    assert network.answered() == []
    assert network.hub.dead_letters() == []
