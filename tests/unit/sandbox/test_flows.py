"""The flows of the demo: as many messages as asked for, repeatable, and each as its fate says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.myna_portal import package, shinsei
from hub import discovery
from hub.documents import Contract, parse
from hub.home import Home
from hub.ports.connector import ConnectorSettings
from hub.ports.store import JournalEntry
from hub.sandbox.city import City
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.flows import FLOWS
from hub.sandbox.flows.registration import KEY_BINDING, KEY_REQUEST, KEY_TYPES, TYPE
from tests.unit.connectors.routed import REGISTRY

ELIGIBILITY, PMH_KEY = FLOWS[2], FLOWS[3]
LIMIT = 1 << 20


@pytest.fixture(scope="module")
def city() -> City:
    return City(5, 600)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return Contract.load(Home(tmp_path_factory.mktemp("home")).folder("schemas") / TYPE / "v1")


def history_key(sending: Sending, contract: Contract) -> tuple[str, int]:
    """State and version the message is about."""
    facts = contract.facts(parse(sending.publication.body, LIMIT))
    assert facts.state_key is not None
    assert facts.version is not None
    return facts.state_key, facts.version


@pytest.mark.parametrize("most", [20, 40, 100])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_as_many_as_asked_for_and_the_same_every_time(flow: Flow, most: int, city: City) -> None:
    sent = flow.messages(city, most)
    assert len(sent) == most
    assert sent == flow.messages(city, most)
    assert {"effect", "duplicate", "refused"} <= {each.fate for each in sent}
    assert all(bool(each.code) == (each.fate in ("refused", "stopped")) for each in sent)
    # of what is held or refused, others may hear all the same
    assert all(bool(each.dues) == (each.fate == "effect") for each in sent if each.fate not in ("held", "refused"))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_only_copies_share_an_id(flow: Flow, city: City) -> None:
    sent = flow.messages(city, 100)
    copies = Counter(each.publication.message_id for each in sent)
    assert sum(count - 1 for count in copies.values()) == sum(each.fate == "duplicate" for each in sent)


def test_no_two_flows_share_an_id(city: City) -> None:
    ids = [{each.publication.message_id for each in flow.messages(city, 100)} for flow in FLOWS]
    assert sum(map(len, ids)) == len(set().union(*ids))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_what_is_not_to_be_refused_is_valid(flow: Flow, city: City, tmp_path: Path) -> None:
    for each in flow.messages(city, 100):
        if each.fate != "refused" or each.dies_at:
            under = REGISTRY.contract(each.publication.type, each.publication.version)
            body = collected(each, tmp_path) if each.tray else each.publication.body
            under.validate(parse(body, LIMIT))


def collected(sending: Sending, root: Path) -> bytes:
    """What the hub makes of something a partner lays out."""
    if sending.partner == "myna_portal":
        return shinsei.document(sending.tray.removesuffix(".zip"), package.opened(sending.publication.body))
    folder = root / "from_partner"
    folder.mkdir(exist_ok=True)
    (folder / sending.tray).write_bytes(sending.publication.body)
    collector = discovery.create_collector(sending.partner, ConnectorSettings(sending.partner, root.as_uri()))
    (one,) = collector.collect(10)
    (folder / sending.tray).unlink()
    assert one.fault is None
    return one.document


def test_a_stale_registration_is_older_than_what_went_before(city: City, contract: Contract) -> None:
    newest: dict[str, int] = {}
    stale = 0
    for each in sorted(ELIGIBILITY.messages(city, 100), key=lambda each: each.wave):
        if each.fate == "refused":
            continue
        state, version = history_key(each, contract)
        if each.fate == "stale":
            stale += 1
            assert newest[state] > version
        elif each.fate == "effect":
            assert newest.get(state, 0) < version
            newest[state] = version
    assert stale == 5


def test_certificates_are_deleted_and_some_of_them_hear_of_an_older_record_after_that(
    city: City, contract: Contract
) -> None:
    late = [each for each in ELIGIBILITY.messages(city, 100) if each.wave == 2]
    deleted = {history_key(each, contract)[0] for each in late if b"<deleted>true</deleted>" in each.publication.body}
    stale = {history_key(each, contract)[0] for each in late if each.fate == "stale"}
    assert len(deleted) == 5
    assert deleted & stale
    assert deleted - stale
    assert stale - deleted


def test_each_child_needs_a_key_once_and_only_when_it_is_registered_first(city: City, contract: Contract) -> None:
    registered: set[str] = set()
    everything = [*ELIGIBILITY.messages(city, 100), *PMH_KEY.messages(city, 100)]
    for each in sorted(everything, key=lambda each: each.wave):
        if each.fate != "effect" or each.publication.type != TYPE:
            continue
        state, _version = history_key(each, contract)
        places = {(due.partner, due.operation) for due in each.dues}
        assert ({KEY_REQUEST, KEY_BINDING} <= places) == (state not in registered)
        registered.add(state)


def test_the_two_flows_over_one_message_share_its_journal(city: City) -> None:
    by_eligibility = ELIGIBILITY.messages(city, 20)[0]
    by_key = PMH_KEY.messages(city, 20)[0]
    key, result = (
        JournalEntry(0, "delivery.pmh", "id", type_, "pmh", 1, "delivered", None, 0)
        for type_ in (next(iter(KEY_TYPES)), "eligibility.result")
    )
    owners = {
        (name, what): [flow.id for flow in FLOWS if flow.owns(sending, entry)]
        for name, sending in (("F16", by_eligibility), ("F17", by_key))
        for what, entry in (("key", key), ("result", result))
    }
    assert owners == {
        ("F16", "key"): ["F17"],
        ("F16", "result"): ["F16"],
        ("F17", "key"): ["F17"],
        ("F17", "result"): ["F17"],
    }
