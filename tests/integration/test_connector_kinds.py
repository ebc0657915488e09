"""What holds for every kind of connector discovery finds: a newcomer is covered the moment its folder exists."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from hub import discovery
from hub.errors import Pending, Refused
from hub.ports.connector import Connector, Reply, SendContext, Wire
from hub.sandbox.launcher import launch, stop_all, wires
from hub.sandbox.process import wait_until
from tests.unit.connectors.routed import INQUIRIES, check, connector, operations, routed

KINDS = discovery.kinds()
OVER_HTTP = [kind for kind in KINDS if wires(kind) == ("http",)]  # others: test_file_partners, test_amqp


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_is_whole(kind: str) -> None:
    assert callable(importlib.import_module(f"connectors.{kind}.connector").create)
    assert callable(importlib.import_module(f"connectors.{kind}.sandbox").create)
    assert (KINDS[kind] / "README.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_names_every_operation(kind: str) -> None:
    text = (KINDS[kind] / "README.md").read_text(encoding="utf-8")
    assert [contract.type for contract in operations(kind) if f"`{contract.type}`" not in text] == []


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_an_operation_it_does_not_have_is_refused(kind: str) -> None:
    with pytest.raises(Refused):
        connector(kind, "http://127.0.0.1:1").encode("nobody.asked", b"<a/>")


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_encoding_depends_on_the_document_alone(kind: str) -> None:
    for sample in routed(kind):
        once, again = (
            connector(kind, "http://127.0.0.1:1").encode(sample.operation, sample.document) for _ in range(2)
        )
        assert once == again


def sent(subject: Connector, wire: Wire, context: SendContext) -> Sequence[Reply]:
    """The replies, to the send or to the questions after it."""
    found: list[Sequence[Reply]] = []

    def asked() -> bool:
        try:
            replies = subject.query(wire, context)
        except Pending:
            return False
        assert replies is not None
        found.append(replies)
        return True

    try:
        return subject.send(wire, context)
    except Pending:
        wait_until(asked, "the partner has a result", 30)
        return found[0]


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_every_routed_contract_is_taken_by_the_simulated_partner(kind: str, tmp_path: Path) -> None:
    # Given the partner of this kind, and a connector with its address
    partners = launch([kind], tmp_path)
    partner = partners[kind]
    try:
        subject = connector(kind, partner.url)
        assert routed(kind), f"the configuration routes nothing to {kind}"
        for sample in routed(kind):
            wire = subject.encode(sample.operation, sample.document)
            context = SendContext(str(uuid4()), str(uuid4()))
            if subject.idempotency == "query":
                assert subject.query(wire, context) is None
            # When a valid document is sent
            replies = check(sent(subject, wire, context))
            # Then it took effect once, under its contract's name, and nothing arrived that must not
            (entry,) = [each for each in partner.ledger() if each["key"] == context.key]
            assert (entry["operation"], entry["effect"], entry["violation"]) == (sample.operation, True, None)
            assert entry["correlation_id"] == context.correlation_id
            # When it is sent again, or asked about, then the answer is the same and there is no second effect
            if subject.idempotency == "query":
                assert subject.query(wire, context) == tuple(replies)
            if subject.idempotency != "none" and sample.operation not in INQUIRIES:
                assert check(subject.send(wire, context)) == replies
            effects = [each for each in partner.ledger() if each["key"] == context.key and each["effect"]]
            assert len(effects) == 1
        subject.close()
    finally:
        stop_all(partners.values())
