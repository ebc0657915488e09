"""What the shipped configuration sends through each kind of connector, read from the configuration itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub import catalogue, discovery, registry
from hub.documents import Contract, parse
from hub.home import Home
from hub.lint.samples import SAMPLE_LIMIT, samples
from hub.ports.connector import Connector, ConnectorSettings, Reply
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.credentials import credential

_HOME = Home(Path(__file__).parent / "no-home")  # a home of its own is nowhere: the shipped folders are read
REGISTRY = registry.load(_HOME, {})


# What a partner without a past must have taken before it takes the rest: it goes by numbers it has given itself.
FIRST = ("integration_platform.numbering_request", "intermediate_server.code_request")
# Answered later, and asked after: a second one is a violation (R33).
INQUIRIES = frozenset({"intermediate_server.information_inquiry"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A valid document of a contract the configuration routes to the connector."""

    operation: str
    name: str
    document: bytes


def operations(kind: str) -> list[Contract]:
    """Contracts routed to connectors of this kind, by type and version, behind those that come FIRST."""
    names = {entry.name for entry in REGISTRY.connectors.values() if entry.kind == kind}
    routes = [file.value for file in catalogue.read(_HOME).routes.values()]
    keys = {(to.contract, to.version) for route in routes for to in route.to if to.connector in names}
    return [REGISTRY.contract(*key) for key in sorted(keys, key=lambda key: (key[0] not in FIRST, key))]


def routed(kind: str) -> list[Sample]:
    """Every valid sample of these contracts, as the hub would hand it to the connector."""
    return [
        Sample(contract.type, file.name, parse(file.read_bytes(), SAMPLE_LIMIT).serialise())
        for contract in operations(kind)
        for file in samples(contract, "valid")
    ]


def connector(kind: str, url: str, read_timeout: float = 10.0) -> Connector:
    token = credential(CITY_CODE)
    return discovery.create_connector(kind, ConnectorSettings(kind, url, read_timeout=read_timeout, credential=token))


def check(replies: Sequence[Reply]) -> list[Reply]:
    """The replies, if each satisfies its contract as the hub's stage checks it. Raises Refused."""
    for reply in replies:
        REGISTRY.contract(reply.type, reply.version).validate(parse(reply.document, SAMPLE_LIMIT))
    return list(replies)
