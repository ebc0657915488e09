"""What leaves through an edge: what it may carry, whom it is about, whether it can protect. Before anything runs."""

from collections.abc import Iterator

from hub.catalogue import Catalogue
from hub.config_file import ConfigFile, Finding
from hub.documents import Contract
from hub.lint.samples import occurs
from hub.settings import EdgeFile, RouteFile, RouteTarget


def edges(found: Catalogue) -> Iterator[Finding]:
    """Promises 5 and 6: a contract that carries what its edge forbids is a dead end; one that names nobody is held."""
    for file in found.routes.values():
        for n, target in enumerate(file.value.to):
            edge = found.edges[target.connector].value if target.connector in found.edges else None
            contract = found.contracts.get((target.contract, target.version))
            if edge is None or contract is None:
                continue
            yield from _carries(file, n, target, edge, contract)
            routed = found.contracts.get((file.value.type, file.value.version))
            if edge.kind != "internal" and routed is not None:
                yield from _about(file, n, target, contract, routed)
    yield from _exceptions(found)
    yield from _protecting(found)


def _carries(
    file: ConfigFile[RouteFile], n: int, target: RouteTarget, edge: EdgeFile, contract: Contract
) -> Iterator[Finding]:
    for kind in sorted(contract.identifier_kinds - set(edge.allows)):
        message = f"{target.contract} carries {kind}, which may not reach {target.connector}"
        fix = "leave it out of the contract, or allow it on the edge if that is lawful"
        yield file.finding("edge.forbidden", message, fix, "to", n, "contract")
    if contract.names_data_items and not edge.provides:
        message = f"{target.contract} provides data items, and the edge of {target.connector} lists none"
        yield file.finding("edge.provides", message, "list them in [[provides]]", "to", n, "contract")


def _about(
    file: ConfigFile[RouteFile], n: int, target: RouteTarget, contract: Contract, routed: Contract
) -> Iterator[Finding]:
    """The fence is asked about persons; where none is ever named, each message would be held."""
    if not (contract.alias_kinds or routed.alias_kinds or contract.impersonal):
        message = f"{target.contract} leaves the city, and neither it nor {routed.type} marks a person"
        fix = "mark [[persons]], or say in its contract.toml why it is impersonal"
        yield file.finding("edge.persons", message, fix, "to", n, "contract")


def _exceptions(found: Catalogue) -> Iterator[Finding]:
    for name, file in found.edges.items():
        contracts = _contracts(found, name)
        for n, exception in enumerate(file.value.exceptions):
            if not any(occurs(contract, exception.at) for contract in contracts):
                message = f"no contract that goes to {name} has a field {exception.at}"
                yield file.finding("edge.exception", message, "correct the path", "exceptions", n, "at")


def _protecting(found: Catalogue) -> Iterator[Finding]:
    """An edge protects by what its messages say."""
    for name, file in found.edges.items():
        contracts = _contracts(found, name)
        if file.value.kind == "protects" and contracts and not any(contract.protection for contract in contracts):
            message = f"no contract that goes to {name} marks a field that protects"
            yield file.finding("edge.protection", message, "mark [protection] in its contract.toml", "kind")


def _contracts(found: Catalogue, connector: str) -> list[Contract]:
    targets = [target for file in found.routes.values() for target in file.value.to if target.connector == connector]
    return [c for target in targets if (c := found.contracts.get((target.contract, target.version))) is not None]
