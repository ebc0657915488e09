"""All configuration, cross-checked and frozen: what a stage may ask, answered by dictionary look-ups."""

from collections.abc import Iterable
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import date

from hub import catalogue, discovery, flows, references
from hub.catalogue import Catalogue, ContractKey
from hub.config_file import FindingsError
from hub.documents import Contract, Document, Mapping
from hub.errors import ConfigError, Refused
from hub.home import Home
from hub.hours import Hours
from hub.permission import Terms
from hub.ports.connector import ConnectorSettings
from hub.settings import Collect, ConnectorFile, EdgeFile, EdgeKind, Ordering, Retry
from hub.topology import Topology, build, delivery_queue, urgent_lane


@dataclass(frozen=True, slots=True)
class Target:
    """One delivery of a route, or one for each item of the message (`each`).

    `mapping` None: the routed contract is the connector's own.
    """

    connector: str
    contract: Contract
    mapping: Mapping | None
    ordering: Ordering
    each: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    flow: str
    type: str
    version: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """What may leave through a connector. `excepted_fields`: paths of fields the twelve-digit net leaves out.

    `provides`: 特定個人情報名コード that may leave, by the table of provision; `answers`: on what terms inquiries of
    other bodies are answered here, None where nobody asks.
    """

    connector: str
    kind: EdgeKind
    allows: frozenset[str]
    excepted_fields: tuple[str, ...]
    provides: frozenset[str]
    answers: Terms | None = None


@dataclass(frozen=True, slots=True)
class ConnectorEntry:
    name: str
    kind: str
    settings: ConnectorSettings
    retry: Retry
    collect: Collect | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """`publishes`: has a door, the queue intake.<name>, and a broker user; `reads`: a queue of its own as well;
    `answers`: another, in which it hears what became of what it published.
    """

    name: str
    title: str
    title_ja: str
    publishes: bool
    reads: bool = False
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """Built by `load`. Thread-safe: nothing changes after that."""

    partners: Lookup[str, Partner]
    connectors: Lookup[str, ConnectorEntry]
    _contracts: Lookup[ContractKey, Contract]
    _versions: Lookup[str, tuple[int, ...]]
    _ways_in: Lookup[ContractKey, tuple[Mapping, ...]]
    _upcasts: Lookup[ContractKey, Mapping]
    _routes: Lookup[ContractKey, tuple[Route, ...]]
    _targets: Lookup[tuple[str, int, str], Target]
    _purposes: Lookup[tuple[str, str], frozenset[str]]
    _bases: Lookup[tuple[str, str], str]
    _edges: Lookup[str, Edge]
    _denials: Lookup[ContractKey, Mapping]
    fence_targets: frozenset[str] = frozenset()  # those that confirm what they hold of a protection

    def contract(self, type: str, version: int) -> Contract:
        """Raises Refused `validate.type`, or `validate.version` where the type is known in other versions."""
        found = self._contracts.get((type, version))
        if found is None:
            if not self.versions(type):
                raise Refused("validate.type", "there is no such type")
            known = ", ".join(map(str, self.versions(type)))
            raise Refused("validate.version", f"version {version} is not known here, only {known}")
        return found

    def versions(self, type: str) -> tuple[int, ...]:
        """Known versions of a type, ascending; empty for an unknown type."""
        return self._versions.get(type, ())

    def flows(self, type: str) -> frozenset[str]:
        """Flows of the programme that a message type is part of, in any version: "F2"."""
        return frozenset(
            flow for version in self.versions(type) for flow in flows.ids(self._contracts[type, version].flow)
        )

    def types(self) -> frozenset[str]:
        """All registered message types."""
        return frozenset(self._versions)

    def flow_of_types(self) -> Lookup[str, str]:
        """The flow of the domain text that each registered message type belongs to."""
        return {type: contract.flow for (type, _version), contract in sorted(self._contracts.items())}

    def alias_kinds(self) -> frozenset[str]:
        """Kinds of numbers by which some contract names a person."""
        return frozenset(kind for contract in self._contracts.values() for kind in contract.alias_kinds)

    def way_in(self, type: str, version: int) -> tuple[Mapping, ...]:
        """How a partner's message becomes canonical, step by step; empty where it is routed as it is."""
        return self._ways_in.get((type, version), ())

    def canonical(self, type: str, version: int) -> ContractKey:
        """What `way_in` leads to."""
        way = self.way_in(type, version)
        return way[-1].end if way else (type, version)

    def way_out(self, type: str, version: int, connector: str) -> tuple[tuple[Mapping, ...], Target]:
        """How a routed message goes to a connector, and the upcasts that come before.

        What was put into the queue under an older configuration may be of a version that is routed no more: it is
        raised to the next that is. Refused as `target` where none is.
        """
        found = self._targets.get((type, version, connector))
        if found is not None:
            return (), found
        goals = {(kind, known) for kind, known, to in self._targets if (kind, to) == (type, connector)}
        steps = catalogue.raised(self._upcasts, (type, version), goals)
        return (steps, self.target(*steps[-1].end, connector)) if steps else ((), self.target(type, version, connector))

    def sunset(self, type: str, version: int) -> date | None:
        """The last day on which its sender may count on this version."""
        found = self._contracts.get((type, version))
        return None if found is None else found.sunset

    def sunsets(self) -> dict[ContractKey, date]:
        """All there are."""
        return {key: one.sunset for key, one in sorted(self._contracts.items()) if one.sunset is not None}

    def denial(self, type: str, version: int) -> Mapping:
        """How an inquiry becomes the answer that it is not permitted."""
        return self._denials[type, version]

    def routes(self, type: str, version: int) -> tuple[Route, ...]:
        """Empty when nothing is routed."""
        return self._routes.get((type, version), ())

    def target(self, type: str, version: int, connector: str) -> Target:
        """How a routed message goes to a connector.

        What was put into the queue under an older configuration may lead nowhere by now: Refused `validate.version`
        where other versions of it are still routed there, else `route.none`.
        """
        found = self._targets.get((type, version, connector))
        if found is None:
            others = [known for kind, known, to in self._targets if (kind, to) == (type, connector)]
            code = "validate.version" if others else "route.none"
            raise Refused(code, f"no route takes {type} version {version} to {connector}")
        return found

    def takers(self, type: str) -> frozenset[str]:
        """Connectors to which a routed type goes, in any version."""
        return frozenset(to for routed, _version, to in self._targets if routed == type)

    def granted(self, source: str, type: str, purpose: str | None) -> None:
        """Raises Refused `authorise.grant` or `authorise.purpose` (R31, R69)."""
        purposes = self._purposes.get((source, type))
        if purposes is None:
            raise Refused("authorise.grant", f"{source} has no grant for {type}")
        if purpose not in purposes:
            what = "the message states no purpose" if purpose is None else "the stated purpose is not registered"
            raise Refused("authorise.purpose", f"{what} for {source} and {type}")

    def granted_to(self, type: str) -> dict[str, frozenset[str]]:
        """Who may send this type, and for which purposes."""
        return {source: purposes for (source, one), purposes in self._purposes.items() if one == type}

    def publishes(self, partner: str) -> tuple[Contract, ...]:
        """Contracts, in all their versions, of what a partner may send."""
        return tuple(
            self._contracts[type, version]
            for source, type in sorted(self._purposes)
            if source == partner
            for version in self.versions(type)
        )

    def reads(self, queue: str) -> tuple[Contract, ...]:
        """Contracts of what connectors publish to a partner's queue."""
        writers = {name for name, entry in self.connectors.items() if entry.settings.options.get("queue") == queue}
        found = {
            (one.contract.type, one.contract.version) for one in self._targets.values() if one.connector in writers
        }
        return tuple(self._contracts[key] for key in sorted(found))

    def words(self) -> dict[str, str]:
        """Rules of contracts in Japanese, by their English words."""
        return {says: ja for contract in self._contracts.values() for says, ja in contract.words.items()}

    def basis(self, source: str, purpose: str | None) -> str:
        """The law on which a sender's purpose rests, by its grants; "" where none is known."""
        return self._bases.get((source, purpose or ""), "")

    def edge(self, connector: str) -> Edge:
        """Raises ConfigError for an unknown connector."""
        found = self._edges.get(connector)
        if found is None:
            raise ConfigError(f"there is no edge {connector}; add config/edges/{connector}.toml")
        return found

    def connector(self, name: str) -> ConnectorEntry:
        """Raises ConfigError for an unknown connector."""
        found = self.connectors.get(name)
        if found is None:
            raise ConfigError(f"there is no connector {name}; known: {', '.join(sorted(self.connectors))}")
        return found

    def asked(self) -> tuple[str, ...]:
        """Connectors by which inquiries of other bodies come."""
        return tuple(name for name, edge in self._edges.items() if edge.answers is not None)

    def doors(self) -> tuple[str, ...]:
        """Partners that publish."""
        return tuple(name for name, partner in self.partners.items() if partner.publishes)

    def repliers(self) -> tuple[str, ...]:
        """Connectors whose partners answer with messages: those that hold a grant."""
        senders = {source for source, _type in self._purposes}
        return tuple(name for name in self.connectors if name in senders)

    def sequenced(self, connector: str) -> bool:
        """Whether a route to this connector keeps the order of a record's messages."""
        return any(to == connector and one.ordering == "sequence" for (_t, _v, to), one in self._targets.items())

    def _in_order(self) -> frozenset[str]:
        """Sources of messages that keep their order: one process at a time takes them in."""
        found = set()
        for source, type in self._purposes:
            for version in self.versions(type):
                routes = self.routes(*self.canonical(type, version))
                if any(target.ordering == "sequence" for route in routes for target in route.targets):
                    found.add(source)
        return frozenset(found)

    def urgent_types(self) -> Lookup[str, tuple[str, ...]]:
        """By partner that publishes, the types that protect somebody: they do not wait behind others at the door."""
        found: dict[str, tuple[str, ...]] = {}
        for source, type in sorted(self._purposes):
            if source in self.doors() and any(self._protects(type, version) for version in self.versions(type)):
                found[source] = (*found.get(source, ()), type)
        return found

    def urgent_connectors(self) -> tuple[str, ...]:
        """Connectors to which messages that protect somebody go."""
        urgent = {to for type, version, to in self._targets if self._contracts[type, version].may_protect}
        return tuple(name for name in self.connectors if name in urgent)

    def lane(self, type: str, version: int, connector: str, document: Document | None = None) -> str:
        """The queue in which a routed message waits for its delivery; `document` where it may be what protects."""
        queue = delivery_queue(connector)
        return urgent_lane(queue) if self._contracts[type, version].protects(document) else queue

    def _protects(self, type: str, version: int) -> bool:
        return self._contracts[self.canonical(type, version)].protects()

    def told(self, partner: str, message_id: str) -> str | None:
        """The id under which a partner hears of a message it published; None where it does not."""
        found = self.partners.get(partner)
        return message_id if found is not None and found.answers else None

    def topology(self, tiers: Iterable[str]) -> Topology:
        """Queues, exchanges and policies of this configuration."""
        return build(
            self.doors(),
            self.repliers(),
            self.connectors,
            tiers,
            self._in_order(),
            self.urgent_types(),
            self.urgent_connectors(),
            tuple(name for name, partner in self.partners.items() if partner.reads),
            tuple(name for name, partner in self.partners.items() if partner.answers),
        )


def load(home: Home, urls: Lookup[str, str]) -> Registry:
    """Read, cross-check, freeze. `urls`: addresses of connectors that win over their files.

    Raises ConfigError; `renkei lint` shows all problems at once.
    """
    found = catalogue.read(home)
    findings = found.findings or references.dangling(found, discovery.kinds())
    if findings:
        raise FindingsError(findings)
    unknown = set(urls) - set(found.connectors)
    if unknown:
        raise ConfigError(f"an address is set for {', '.join(sorted(unknown))}, but there is no such connector")
    for name in sorted(urls):
        other = found.connectors[name].value.same_address_as
        if other is not None:
            raise ConfigError(f"an address is set for {name}, which has that of {other}; set that one only")
    return _freeze(found, urls)


def _freeze(found: Catalogue, urls: Lookup[str, str]) -> Registry:
    routes = [_route(found, name) for name in found.routes]
    by_key: dict[ContractKey, tuple[Route, ...]] = {}
    for route in routes:
        by_key[route.type, route.version] = (*by_key.get((route.type, route.version), ()), route)
    versions: dict[str, tuple[int, ...]] = {}
    for type_, version in sorted(found.contracts):
        versions[type_] = (*versions.get(type_, ()), version)
    return Registry(
        partners={
            name: Partner(name, one.title, one.title_ja, one.publishes, one.reads, one.answers)
            for name, one in ((name, file.value) for name, file in found.partners.items())
        },
        connectors={name: _connector(file.value, found, urls) for name, file in found.connectors.items()},
        _contracts=found.contracts,
        _versions=versions,
        _ways_in=found.ways_in(),
        _upcasts=found.first_upcasts(),
        _routes=by_key,
        _targets={
            (route.type, route.version, target.connector): target for route in routes for target in route.targets
        },
        _purposes={
            (source, grant.type): frozenset(grant.purposes)
            for source, file in found.grants.items()
            for grant in file.value.grant
        },
        _bases=_bases(found),
        _edges={name: _edge(file.value) for name, file in found.edges.items()},
        _denials={key: mappings[0] for key, mappings in found.denials().items()},
        fence_targets=frozenset(
            one.protection.confirms for one in found.contracts.values() if one.protection and one.protection.confirms
        ),
    )


def _bases(found: Catalogue) -> dict[tuple[str, str], str]:
    bases: dict[tuple[str, str], list[str]] = {}
    for source, file in found.grants.items():
        for grant in file.value.grant:
            for purpose in grant.purposes:
                known = bases.setdefault((source, purpose), [])
                known += [] if grant.legal_basis in known else [grant.legal_basis]
    return {key: "; ".join(texts) for key, texts in bases.items()}


def _edge(file: EdgeFile) -> Edge:
    provides, answers = frozenset(provision.code for provision in file.provides), file.answers
    return Edge(
        file.connector,
        file.kind,
        frozenset(file.allows),
        tuple(exception.at for exception in file.exceptions),
        provides,
        None if answers is None else Terms(answers.provider, frozenset(answers.routes), provides),
    )


def _route(found: Catalogue, name: str) -> Route:
    file = found.routes[name].value
    return Route(
        name,
        file.flow,
        file.type,
        file.version,
        tuple(
            Target(
                target.connector,
                found.contracts[target.contract, target.version],
                references.delivery_mapping(found, file, target),
                target.ordering,
                target.each,
            )
            for target in file.to
        ),
    )


def _connector(file: ConnectorFile, found: Catalogue, urls: Lookup[str, str]) -> ConnectorEntry:
    home = file if file.same_address_as is None else found.connectors[file.same_address_as].value
    settings = ConnectorSettings(
        name=file.name,
        url=urls.get(home.name, home.url or ""),
        connect_timeout=file.connect_timeout,
        read_timeout=file.read_timeout,
        max_in_flight=file.max_in_flight,
        max_reply_bytes=file.max_reply_bytes,
        rate=file.rate,
        hours=Hours.parse(file.service_hours) if file.service_hours else None,
        options=dict(file.options),
    )
    return ConnectorEntry(file.name, file.kind, settings, file.retry, file.collect)
