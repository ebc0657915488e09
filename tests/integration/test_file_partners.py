"""Simulated partners with folders, as processes: the hub's connector drops, they take it once and give a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub import discovery
from hub.errors import Pending, Refused
from hub.ports.connector import Connector, ConnectorSettings, SendContext
from hub.sandbox.launcher import Partner, launch, names, stop_all, wires
from hub.sandbox.partner_http import MODES
from hub.sandbox.process import wait_until
from tests.unit.connectors.routed import Sample, routed

SECONDS = 20.0
SPOILT = {"malformed", "invalid", "extra_field", "duplicate_reply"}


@pytest.fixture(scope="module", params=[name for name in names() if "files" in wires(name)])
def partner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    partners = launch([request.param], tmp_path_factory.mktemp("partners"))
    yield partners[request.param]
    stop_all(partners.values())


@pytest.fixture
def subject(partner: Partner) -> Iterator[Connector]:
    made = discovery.create_connector(partner.name, ConnectorSettings(partner.name, partner.files))
    yield made
    partner.reset_mode()
    made.close()


def samples(partner: Partner, subject: Connector) -> list[Sample]:
    """What goes out as a file: a partner may have another wire as well."""
    found = []
    for each in routed(partner.name):
        try:
            subject.encode(each.operation, each.document)
        except Refused:
            continue
        found.append(each)
    return found


def until_done(subject: Connector, sample: Sample, context: SendContext) -> int:
    """Send until there is a receipt; how often it took. Raises what the receipt says."""
    wire, tries = subject.encode(sample.operation, sample.document), 0

    def done() -> bool:
        nonlocal tries
        tries += 1
        try:
            return list(subject.send(wire, context)) == []
        except Pending:
            return False

    wait_until(done, "there is a receipt", SECONDS)
    return tries


def context() -> SendContext:
    return SendContext(str(uuid4()), str(uuid4()))


def test_every_routed_contract_is_taken_once(partner: Partner, subject: Connector) -> None:
    """In the partner's first hours: later tests send the same content again."""
    for sample in samples(partner, subject):
        message = context()
        until_done(subject, sample, message)
        assert until_done(subject, sample, message) == 1  # the receipt stays
        entries = [each for each in partner.ledger() if each["key"] == message.key]
        assert {(each["operation"], each["violation"]) for each in entries} == {(sample.operation, None)}
        assert {each["correlation_id"] for each in entries} == {message.correlation_id}
        assert sum(each["effect"] for each in entries) == 1


def test_every_mode_is_known_here() -> None:
    waited = {"500", "503", "429", "timeout", "reset", "latency", "500_after", "timeout_after", "reset_after"}
    assert {*waited, *SPOILT, "400", "slow_drip", "slow_headers", "ok"} == MODES


@pytest.mark.parametrize("mode", sorted(MODES - SPOILT - {"400"}))
def test_what_is_late_is_waited_for(partner: Partner, subject: Connector, mode: str) -> None:
    partner.mode(mode, times=1)
    message = context()
    assert until_done(subject, samples(partner, subject)[0], message) >= 1
    assert {each["status"] // 100 for each in partner.ledger() if each["key"] == message.key} == {2}


@pytest.mark.parametrize("mode", [*sorted(SPOILT), "400"])
def test_a_bad_receipt_is_refused_and_a_replay_gets_a_good_one(partner: Partner, subject: Connector, mode: str) -> None:
    partner.mode(mode, times=1)
    message, sample = context(), samples(partner, subject)[0]
    with pytest.raises(Refused) as caught:
        until_done(subject, sample, message)
    assert caught.value.code == ("deliver.rejected" if mode == "400" else "reply.invalid")
    until_done(subject, sample, message)
    assert sum(each["effect"] for each in partner.ledger() if each["key"] == message.key) <= 1


def test_a_file_with_a_fault_is_answered_ng(partner: Partner, subject: Connector) -> None:
    sample, message = samples(partner, subject)[0], context()
    wire = subject.encode(sample.operation, sample.document)
    lines = wire.content.splitlines(keepends=True)
    cut = type(wire)(wire.operation, b"".join(lines[:-1]), wire.content_type)

    def refused() -> bool:
        try:
            subject.send(cut, message)
        except Pending:
            return False
        except Refused as error:
            return error.code == "deliver.rejected"
        raise AssertionError("it was taken")

    wait_until(refused, "it is refused", SECONDS)


@pytest.mark.parametrize("kind", [name for name in names() if "files" in wires(name)])
def test_a_file_that_lay_there_when_the_partner_ended_is_taken_after_its_restart(kind: str, tmp_path: Path) -> None:
    partners = launch([kind], tmp_path)
    partner = partners[kind]
    try:
        made = discovery.create_connector(kind, ConnectorSettings(kind, partner.files))
        sample, message = samples(partner, made)[0], context()
        partner.kill()
        with pytest.raises(Pending):
            made.send(made.encode(sample.operation, sample.document), message)
        partner.start()
        until_done(made, sample, message)
        assert [each["effect"] for each in partner.ledger()] == [True]
    finally:
        stop_all(partners.values())
