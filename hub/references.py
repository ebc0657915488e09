"""Cross-checks between the data folders: every name that is used must exist and fit. Each finding stops the hub."""

from collections.abc import Collection, Iterator

from hub.catalogue import Catalogue
from hub.config_file import ConfigFile, Finding
from hub.documents import Mapping
from hub.settings import RouteFile, RouteTarget


def dangling(found: Catalogue, kinds: Collection[str]) -> list[Finding]:
    """All violations. `kinds`: connector kinds there is code for."""
    return [
        *_routes(found),
        *_mappings(found),
        *_grants(found),
        *_connectors(found, kinds),
        *_inquiries(found),
    ]


def delivery_mapping(found: Catalogue, route: RouteFile, target: RouteTarget) -> Mapping | None:
    """The mapping a target names, in the version that fits both contracts."""
    wanted = (route.type, route.version, target.contract, target.version)
    for mapping in found.mappings:
        ends = (mapping.from_type, mapping.from_version, mapping.to_type, mapping.to_version)
        if mapping.name == target.mapping and ends == wanted:
            return mapping
    return None


def _routes(found: Catalogue) -> Iterator[Finding]:
    taken: dict[tuple[str, int, str], str] = {}
    for name, file in found.routes.items():
        route = file.value
        if (route.type, route.version) not in found.contracts:
            yield file.finding(
                "route.type",
                f"{route.type} version {route.version} has no contract",
                "add its folder to schemas/",
                "type",
            )
        for n, target in enumerate(route.to):
            yield from _target(found, file, n, target)
            before = taken.setdefault((route.type, route.version, target.connector), name)
            if before != name or [one.connector for one in route.to].index(target.connector) != n:
                message = f"route {before} takes this type to {target.connector} already"
                yield file.finding("route.twice", message, "remove one of them", "to", n, "connector")


def _target(found: Catalogue, file: ConfigFile[RouteFile], n: int, target: RouteTarget) -> Iterator[Finding]:
    route = file.value
    if target.connector not in found.connectors:
        yield file.finding(
            "route.connector",
            f"there is no connector {target.connector}",
            f"add config/connectors/{target.connector}.toml",
            *("to", n, "connector"),
        )
    contract = found.contracts.get((target.contract, target.version))
    if contract is None:
        yield file.finding(
            "route.contract",
            f"{target.contract} version {target.version} has no contract",
            "add its folder to schemas/",
            *("to", n, "contract"),
        )
    elif target.ordering == "latest" and contract.file.value.state is None:
        yield file.finding(
            "route.ordering",
            f"{target.contract} marks no state, so there is no latest",
            "mark [state] in its contract.toml, or set ordering to none",
            *("to", n, "ordering"),
        )
    routed = found.contracts.get((route.type, route.version))
    if target.ordering == "sequence" and routed is not None and routed.file.value.state is None:
        yield file.finding(
            "route.ordering",
            f"{route.type} marks no state, so there is no record whose messages could keep their order",
            "mark [state] in its contract.toml, or set ordering to none",
            *("to", n, "ordering"),
        )
    if target.each and routed is not None and routed.items is None:
        message = f"{route.type} marks no items that could go one by one"
        yield file.finding("route.each", message, "mark [items] in its contract.toml", "to", n, "each")
    if target.mapping is None:
        if (target.contract, target.version) != (route.type, route.version):
            yield file.finding(
                "route.mapping", "another contract needs a mapping", "name the mapping", "to", n, "contract"
            )
    elif delivery_mapping(found, route, target) is None:
        yield file.finding(
            "route.mapping",
            f"there is no mapping {target.mapping} between these versions",
            "add its folder to mappings/, or correct from and to in its mapping.toml",
            *("to", n, "mapping"),
        )


def _mappings(found: Catalogue) -> Iterator[Finding]:
    ends: dict[tuple[str, int, str, int], Mapping] = {}
    for mapping in found.mappings:
        for end in ("from", "to"):
            kind, version = getattr(mapping, f"{end}_type"), getattr(mapping, f"{end}_version")
            if (kind, version) not in found.contracts:
                message = f"{kind} version {version} has no contract"
                yield mapping.file.finding("mapping.contract", message, "add its folder to schemas/", end)
        key = (mapping.from_type, mapping.from_version, mapping.to_type, mapping.to_version)
        if key in ends:
            message = f"{ends[key].folder.name} maps between the same versions"
            yield mapping.file.finding("mapping.twice", message, "remove one of them", "from_version")
        ends[key] = mapping
    for mappings in found.intake_mappings().values():
        for mapping in mappings[1:]:
            message = f"{mapping.from_type} is mapped to {mappings[0].to_type} already"
            yield mapping.file.finding("mapping.ambiguous", message, "a message has one canonical form", "to")
    for mappings in found.upcasts().values():
        for mapping in mappings[1:]:
            message = f"version {mapping.from_version} is raised to {mappings[0].to_version} already"
            yield mapping.file.finding("upcast.ambiguous", message, "remove one of the mappings", "to_version")


def _grants(found: Catalogue) -> Iterator[Finding]:
    mapped = found.intake_mappings()
    accepted = found.routed() | set(found.ways_in())
    granted: set[str] = set()
    for source, file in found.grants.items():
        if source not in found.partners and source not in found.connectors:
            yield file.finding("grant.source", f"there is no partner or connector {source}", "add or rename it")
        seen: set[str] = set()
        for n, grant in enumerate(file.value.grant):
            versions = {key for key in found.contracts if key[0] == grant.type}
            if not versions:
                message = f"{grant.type} has no contract"
                yield file.finding("grant.type", message, "add its folder to schemas/", "grant", n, "type")
            elif not versions & accepted:
                message = f"{grant.type} leads nowhere"
                fix = "add a route, or a mapping to a routed type"
                yield file.finding("grant.unrouted", message, fix, "grant", n, "type")
            if grant.type in seen:
                message = f"{grant.type} is granted twice"
                yield file.finding("grant.twice", message, "merge the purposes", "grant", n, "type")
            seen.add(grant.type)
        granted |= seen
    for (kind, _version), mappings in mapped.items():
        if kind not in granted:
            message = f"nobody may send {kind}, though this mapping takes it in"
            yield mappings[0].file.finding("grant.missing", message, "add a grant to config/grants/", "from")
    for name, partner in found.partners.items():
        if partner.value.publishes and name not in found.grants:
            message = f"{name} publishes but may send nothing"
            yield partner.finding("partner.grants", message, f"add config/grants/{name}.toml", "publishes")


def _inquiries(found: Catalogue) -> Iterator[Finding]:
    for key, denials in found.denials().items():
        if len(denials) != 1:
            message = f"its denial is written by {len(denials)} mappings to a routed contract"
            file = found.contracts[key].file
            yield file.finding("inquiry.denied", message, "there must be one", "inquiry", "denied")
    for contract in found.contracts.values():
        edge = None if contract.asks is None else found.edges.get(contract.asks.at)
        if contract.asks is not None and (edge is None or edge.value.answers is None):
            message = f"the edge of {contract.asks.at} does not say which body asks"
            yield contract.file.finding("asks.at", message, "add [answers] to config/edges", "asks", "at")


def _connectors(found: Catalogue, kinds: Collection[str]) -> Iterator[Finding]:
    for name, file in found.connectors.items():
        if file.value.kind not in kinds:
            message = f"there is no connector of kind {file.value.kind}"
            yield file.finding("connector.kind", message, f"known kinds: {', '.join(kinds) or 'none'}", "kind")
        other = found.connectors.get(file.value.same_address_as or "")
        if file.value.same_address_as is not None and (
            other is None or other.value.kind != file.value.kind or other.value.url is None
        ):
            message = f"{file.value.same_address_as} is no connector of the same kind with an address of its own"
            yield file.finding("connector.address", message, "name one, or give a url", "same_address_as")
        if name not in found.edges:
            yield file.finding("connector.edge", f"{name} has no edge", f"add config/edges/{name}.toml")
    for name, edge in found.edges.items():
        if name not in found.connectors:
            message = f"there is no connector {name}"
            yield edge.finding("edge.connector", message, f"add config/connectors/{name}.toml", "connector")
