"""F12 with the shipped configuration: an inquiry about a protected person waits for two people, who may give a part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.app import App
from hub.errors import Refused
from hub.master_key import load_master_key
from hub.ports.audit import AuditFilter
from hub.ports.holds import Hold
from hub.sandbox import inquiries, letters
from hub.sandbox.city import City
from hub.sandbox.inquiries import INQUIRER, Inquiry
from hub.sandbox.numbers import integrated_number
from hub.sandbox.process import wait_until
from hub.support import holds
from hub.support.audit_check import verify
from hub.support.exchanges import exchanges
from tests.integration.shipped import DEADLINE, Shipped

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
        holds.approve(app.bench, hold.id, who, "agreed")
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
    holds.approve(app.bench, hold.id, SUPERVISOR, "agreed")

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


@pytest.mark.rule("R30")
def test_r30_every_inquiry_is_on_the_record_with_what_was_given_withheld_or_refused(network: Network) -> None:
    """Parties, times of request and reply, items, what was withheld: derived from rows that are signed and appended."""
    # Given an inquiry answered in full, one about a protected child answered in part, and one that is not permitted
    network.prepare()
    full = network.ask(1)
    network.rest()
    network.hub.protect([CHILD.addressee_number])
    part = network.ask(2)
    network.rest()
    (hold,) = network.hub.held()
    network.review(hold, "ZEI001")
    network.approve(hold)
    network.publish("intermediate_server", inquiries.LIST, "network.permissions", inquiries.permission_list(2, []))
    network.rest()
    refused = network.ask(3)
    network.rest()

    # When
    store = network.hub.app.store
    found = list(exchanges(store))

    # Then
    assert [one.correlation for one in found] == [full, part, refused]
    assert {(one.direction, one.inquirer, one.provider, one.item) for one in found} == {
        ("inquiry", INQUIRER, "0014130000000000", "TM00000000000002")
    }
    assert all(one.purpose == "network.provision" and one.basis.startswith("番号法第19条第8号") for one in found)
    assert all(one.requested_at and one.replied_at and one.requested_at < one.replied_at for one in found)
    assert [one.items for one in found] == [("TM00000000000002",), ("TM00000000000002",), ()]
    assert [one.withheld for one in found] == [(), ("ZEI001",), ()]
    assert [one.refused for one in found] == ["", "", "provision.not_listed"]
    assert found[0].persons
    assert found[0].persons == found[1].persons
    assert CHILD.individual_number not in str(found)

    # And whoever reviewed and released it is on the record too, and all of it is right (R25, R47)
    acts = [json.loads(row.text) for row in store.newest_audit_rows(AuditFilter(what=f"hold:{hold.id}"))]
    assert [(act["act"], act["actor"]) for act in reversed(acts)] == [
        ("hold.review", CLERK), ("hold.approve", SUPERVISOR), ("hold.release", SUPERVISOR),
    ]  # fmt: skip
    app = network.hub.app
    wait_until(lambda: store.audit_head().since is None, "the record is signed", DEADLINE)
    right = verify(store, app.settings.tenant, app.signer.public_key, audit_key_of(app), app.outside)
    assert right.wrong == []
    assert right.rows > 10


def audit_key_of(app: App) -> bytes:
    return load_master_key(app.home.master_key).audit
