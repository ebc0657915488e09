"""Everything the data folders hold, read but not yet cross-checked."""

from collections.abc import Callable, Container, Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hub import config_file
from hub.config_file import ConfigFile, Finding, FindingsError, Strict
from hub.documents import Contract, Mapping
from hub.home import Home
from hub.settings import ConnectorFile, EdgeFile, FlowsFile, GrantsFile, PartnerFile, RouteFile

ContractKey = tuple[str, int]
M = TypeVar("M", bound=Strict)
T = TypeVar("T")


@dataclass(slots=True)
class Catalogue:
    """What was read. Configuration by file name; `findings`: what could not be read, with the reason."""

    config: Path
    contracts: dict[ContractKey, Contract] = field(default_factory=dict)
    mappings: list[Mapping] = field(default_factory=list)
    partners: dict[str, ConfigFile[PartnerFile]] = field(default_factory=dict)
    grants: dict[str, ConfigFile[GrantsFile]] = field(default_factory=dict)
    connectors: dict[str, ConfigFile[ConnectorFile]] = field(default_factory=dict)
    edges: dict[str, ConfigFile[EdgeFile]] = field(default_factory=dict)
    routes: dict[str, ConfigFile[RouteFile]] = field(default_factory=dict)
    flows: ConfigFile[FlowsFile] | None = None
    findings: list[Finding] = field(default_factory=list)

    def routed(self) -> set[ContractKey]:
        """Contracts a route starts from."""
        return {(file.value.type, file.value.version) for file in self.routes.values()}

    def intake_mappings(self) -> dict[ContractKey, list[Mapping]]:
        """By the contract they translate: mappings from one that is not routed to another type that is; on both sides
        what is raised to a routed version counts as routed. The answer to an inquiry that it is not permitted is no
        translation of it.
        """
        routed = self.routed()
        found: dict[ContractKey, list[Mapping]] = {}
        for mapping in self.mappings:
            if mapping.upcasts or self._denies(mapping):
                continue
            if self.raised(mapping.start, routed) is None and self.raised(mapping.end, routed) is not None:
                found.setdefault(mapping.start, []).append(mapping)
        return found

    def upcasts(self) -> dict[ContractKey, list[Mapping]]:
        """By the contract they raise: mappings within one type, to a newer version."""
        found: dict[ContractKey, list[Mapping]] = {}
        for mapping in self.mappings:
            if mapping.upcasts:
                found.setdefault(mapping.start, []).append(mapping)
        return found

    def raised(self, start: ContractKey, goals: Container[ContractKey]) -> tuple[Mapping, ...] | None:
        """The upcasts by which a contract comes to the first of `goals`: empty where it is one, None where none is."""
        return raised(self.first_upcasts(), start, goals)

    def first_upcasts(self) -> dict[ContractKey, Mapping]:
        """A version is raised by one mapping; a second one stops the hub (`hub.references`)."""
        return {start: mappings[0] for start, mappings in self.upcasts().items()}

    def ways_in(self) -> dict[ContractKey, tuple[Mapping, ...]]:
        """How a contract that is not routed becomes one that is: upcasts, the mapping to its canonical type, upcasts
        again. Not named is what leads nowhere.
        """
        routed, intake = self.routed(), self.intake_mappings()
        found = {}
        for start in set(intake) | set(self.upcasts()):
            before = self.raised(start, routed | set(intake))
            if before is None:
                continue
            at = before[-1].end if before else start
            across = () if at in routed else (intake[at][0],)
            after = self.raised(across[-1].end, routed) if across else ()
            if way := (*before, *across, *(after or ())):
                found[start] = way
        return found

    def denials(self) -> dict[ContractKey, list[Mapping]]:
        """By the inquiry they answer: mappings to the contract that says it is not permitted. An inquiry that becomes
        another contract on its way in is answered as that.
        """
        routed, ways = self.routed(), self.ways_in()
        asking = [key for key, one in self.contracts.items() if one.inquiries is not None and key not in ways]
        found: dict[ContractKey, list[Mapping]] = {key: [] for key in asking}
        for mapping in self.mappings:
            if mapping.start in found and mapping.end in routed and self._denies(mapping):
                found[mapping.start].append(mapping)
        return found

    def _denies(self, mapping: Mapping) -> bool:
        contract = self.contracts.get(mapping.start)
        inquiries = None if contract is None else contract.inquiries
        return inquiries is not None and inquiries.denied == mapping.to_type


def raised(
    upcasts: Lookup[ContractKey, Mapping], start: ContractKey, goals: Container[ContractKey]
) -> tuple[Mapping, ...] | None:
    """See `Catalogue.raised`. Ends, as every upcast leads to a newer version."""
    steps: list[Mapping] = []
    while start not in goals:
        step = upcasts.get(start)
        if step is None:
            return None
        steps.append(step)
        start = step.end
    return tuple(steps)


def read(home: Home) -> Catalogue:
    """Read all; what is wrong in one file does not hide the others. Raises ConfigError when a folder is missing."""
    config = home.folder("config")
    found = Catalogue(config)
    for folder in _versions(home.folder("schemas")):
        contract = _kept(found, Contract.load, folder)
        if contract is not None:
            found.contracts[contract.type, contract.version] = contract
    for folder in _versions(home.folder("mappings")):
        mapping = _kept(found, Mapping.load, folder)
        if mapping is not None:
            found.mappings.append(mapping)
    _read_files(found, "partners", PartnerFile, found.partners, "name")
    _read_files(found, "grants", GrantsFile, found.grants, None)
    _read_files(found, "connectors", ConnectorFile, found.connectors, "name")
    _read_files(found, "edges", EdgeFile, found.edges, "connector")
    _read_files(found, "routes", RouteFile, found.routes, None)
    if (flows := config / "flows.toml").exists():
        found.flows = _kept(found, lambda path: config_file.read(path, FlowsFile), flows)
    return found


def _versions(root: Path) -> Iterator[Path]:
    for folder in sorted(root.glob("*/v*")):
        if folder.is_dir():
            yield folder


def _kept(found: Catalogue, load: Callable[[Path], T], path: Path) -> T | None:
    try:
        return load(path)
    except FindingsError as error:
        found.findings.extend(error.findings)
        return None


def _read_files(found: Catalogue, folder: str, model: type[M], into: dict[str, ConfigFile[M]], key: str | None) -> None:
    """Read `config/<folder>/*.toml`; where the file names itself under `key`, the two must agree."""
    for path in sorted((found.config / folder).glob("*.toml")):
        file = _kept(found, lambda path: config_file.read(path, model), path)
        if file is None:
            continue
        if key is not None and getattr(file.value, key) != file.name:
            message = f"{key} is not the name of the file"
            found.findings.append(file.finding("config.name", message, "rename the one or the other", key))
            continue
        into[file.name] = file
