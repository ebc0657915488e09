"""Screen: what may leave here, on the shipped contracts and edges."""

from dataclasses import replace

import pytest

from hub.documents import parse
from hub.errors import Refused
from hub.exchange import Exchange
from hub.message import Message
from hub.ports.connector import Wire
from hub.registry import Registry
from hub.stages.screen import screen
from tests.unit.connectors.routed import REGISTRY, routed
from tests.unit.stages.conftest import MESSAGE_ID

LISTED, CHILD_SUBSIDY = b"TM00000000000002", b"TM00000000000046"  # the second: 小児医療費助成, its code is not public
PLACES = [
    ("integration_platform", "integration_platform.provision_copy"),
    ("intermediate_server", "intermediate_server.copy_registration"),
]


def outgoing(in_hub, connector: str, contract: str, document: bytes) -> Exchange:
    """An exchange on its way to a connector, as the stages before screen leave it."""
    return replace(
        in_hub(
            Message(MESSAGE_ID, "copy.registration", 1, "welfare", MESSAGE_ID, b"", purpose="p"),
            f"delivery.{connector}",
        ),
        document=parse(document, 1 << 20),
        contract=REGISTRY.contract(contract, 1),
        wire=Wire(contract, document, "application/xml"),
    )


def sample(contract: str) -> bytes:
    return next(each.document for kind, _ in PLACES for each in routed(kind) if each.operation == contract)


@pytest.mark.parametrize(("connector", "contract"), PLACES)
def test_what_is_on_the_table_of_provision_leaves(in_hub, services, connector: str, contract: str) -> None:
    exchange = outgoing(in_hub, connector, contract, sample(contract))
    assert screen(exchange, services(REGISTRY)) is exchange


@pytest.mark.rule("R28")
@pytest.mark.parametrize(("connector", "contract"), PLACES)
@pytest.mark.parametrize("code", [CHILD_SUBSIDY, b"TM00000000000003"])
def test_what_is_not_on_it_does_not(in_hub, services, connector: str, contract: str, code: bytes) -> None:
    """R28: 提供 of 小児医療費助成 is refused by default, as is everything without a basis."""
    exchange = outgoing(in_hub, connector, contract, sample(contract).replace(LISTED, code))
    with pytest.raises(Refused) as refused:
        screen(exchange, services(REGISTRY))
    assert refused.value.code == "screen.provision"
    assert code.decode() not in refused.value.detail


@pytest.mark.rule("R28")
def test_an_edge_without_a_table_provides_nothing(in_hub, services) -> None:
    """R28: default deny."""
    connector, contract = PLACES[1]
    edges = {**REGISTRY._edges, connector: replace(REGISTRY.edge(connector), provides=frozenset())}
    closed: Registry = replace(REGISTRY, _edges=edges)
    with pytest.raises(Refused) as refused:
        screen(outgoing(in_hub, connector, contract, sample(contract)), services(closed))
    assert refused.value.code == "screen.provision"


@pytest.mark.rule("R3")
def test_an_individual_number_in_the_data_of_a_copy_does_not_leave(in_hub, services) -> None:
    """R3: no field is marked there, the net finds it."""
    connector, contract = PLACES[1]
    document = sample(contract).replace(b"3500", b"621498320257")
    with pytest.raises(Refused) as refused:
        screen(outgoing(in_hub, connector, contract, document), services(REGISTRY))
    assert refused.value.code == "screen.identifier"
    assert "621498320257" not in refused.value.detail


@pytest.mark.rule("R3")
@pytest.mark.parametrize("number", ["621498320257", "６２１４９８３２０２５７", "6214 9832 0257"])
def test_r3_the_net_reads_a_file_in_the_encoding_it_is_written_in(in_hub, services, number: str) -> None:
    """R3: full-width digits in cp932 are no digits when they are read as UTF-8."""
    document = next(each.document for each in routed("tax") if each.name == "one.xml")
    exchange = outgoing(in_hub, "tax_lists", "tax.income_list", document)
    content = f"H\r\nD,1,髙橋 {number}\r\n".encode("cp932")
    moved = replace(exchange, wire=Wire("tax.income_list", content, "text/csv; charset=cp932"))

    with pytest.raises(Refused) as caught:
        screen(moved, services(REGISTRY))
    assert caught.value.code == "screen.identifier"
    assert number not in caught.value.detail
