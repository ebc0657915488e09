"""What nothing refers to, and what a newcomer would miss."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.catalogue import Catalogue, ContractKey
from hub.config_file import Finding
from hub.references import delivery_mapping


def unused(found: Catalogue, kinds: Mapping[str, Path]) -> list[Finding]:
    """Findings that do not stop the hub. `kinds`: connector kinds and their folders."""
    return [*_contracts(found), *_mappings(found), *_connectors(found, kinds)]


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
    known = [*found.intake_mappings().values(), *found.denials().values()]
    used = {id(mapping) for mappings in known for mapping in mappings}
    # one that raises a version nobody uses today is kept for what is left of it in queues and dead letters
    accepted = found.routed() | set(found.ways_in())
    used |= {id(mapping) for mapping in found.mappings if mapping.upcasts and mapping.end in accepted}
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
