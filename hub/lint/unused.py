"""What nothing refers to, what a newcomer would miss, and identifiers an edge would stop at every message."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.catalogue import Catalogue, ContractKey
from hub.config_file import Finding
from hub.lint.samples import occurs
from hub.references import delivery_mapping


def unused(found: Catalogue, kinds: Mapping[str, Path]) -> list[Finding]:
    """Findings that do not stop the hub. `kinds`: connector kinds and their folders."""
    return [*_contracts(found), *_mappings(found), *_connectors(found, kinds), *_edges(found)]


def _contracts(found: Catalogue) -> Iterator[Finding]:
    used: set[ContractKey] = found.routed()
    used |= {(target.contract, target.version) for file in found.routes.values() for target in file.value.to}
    for mapping in found.mappings:
        used |= {(mapping.from_type, mapping.from_version), (mapping.to_type, mapping.to_version)}
    for key, contract in found.contracts.items():
        if key not in used:
            message = "no route and no mapping uses this contract"
            yield contract.file.finding("contract.unused", message, "add a route or a mapping, or remove it", "type")


def _mappings(found: Catalogue) -> Iterator[Finding]:
    used = {id(mapping) for mappings in found.intake_mappings().values() for mapping in mappings}
    for file in found.routes.values():
        used |= {id(delivery_mapping(found, file.value, target)) for target in file.value.to}
    for mapping in found.mappings:
        if id(mapping) not in used:
            message = "no route names this mapping, and it leads to no routed type"
            yield mapping.file.finding("mapping.unused", message, "name it in a route or remove it", "from")


def _connectors(found: Catalogue, kinds: Mapping[str, Path]) -> Iterator[Finding]:
    used = {target.connector for file in found.routes.values() for target in file.value.to}
    for name, file in found.connectors.items():
        if name not in used:
            yield file.finding("connector.unused", f"no route leads to {name}", "add a route or remove it", "name")
    for kind, folder in kinds.items():
        if not (folder / "README.md").is_file():
            message = f"connector kind {kind} has no README.md"
            yield Finding(folder, None, "connector.readme", message, "say what it speaks and how to configure it")


def _edges(found: Catalogue) -> Iterator[Finding]:
    """Promise 6 before anything runs: a contract that carries what its edge forbids is a dead end."""
    for file in found.routes.values():
        for n, target in enumerate(file.value.to):
            edge = found.edges[target.connector].value if target.connector in found.edges else None
            contract = found.contracts.get((target.contract, target.version))
            if edge is None or contract is None:
                continue
            for kind in sorted(contract.identifier_kinds - set(edge.allows)):
                message = f"{target.contract} carries {kind}, which may not reach {target.connector}"
                fix = "leave it out of the contract, or allow it on the edge if that is lawful"
                yield file.finding("edge.forbidden", message, fix, "to", n, "contract")
            if contract.names_data_items and not edge.provides:
                message = f"{target.contract} provides data items, and the edge of {target.connector} lists none"
                yield file.finding("edge.provides", message, "list them in [[provides]]", "to", n, "contract")
    for name, edge_file in found.edges.items():
        targets = [t for file in found.routes.values() for t in file.value.to if t.connector == name]
        contracts = [c for t in targets if (c := found.contracts.get((t.contract, t.version))) is not None]
        for n, exception in enumerate(edge_file.value.exceptions):
            if not any(occurs(contract, exception.at) for contract in contracts):
                message = f"no contract that goes to {name} has a field {exception.at}"
                yield edge_file.finding("edge.exception", message, "correct the path", "exceptions", n, "at")
