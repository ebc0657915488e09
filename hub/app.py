"""The composition root: the one place that knows every adapter and puts a process together."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from hub import permission, registry, settings
from hub.addressing import addressed
from hub.attachments import FolderAttachments
from hub.audit.outside import OutsideFile
from hub.audit.signing import Signer, SigningKeys
from hub.brokers.administration import Administration
from hub.brokers.management import Management
from hub.brokers.memory import MemoryBroker
from hub.brokers.rabbit import RabbitBroker
from hub.clock import now_us
from hub.discovery import create_connector
from hub.door import Door, DoorKeys
from hub.errors import ConfigError, StoreUnavailable
from hub.home import Home
from hub.hosts import exposed
from hub.master_key import KeyRing, in_files, printed_by
from hub.metrics import Metrics
from hub.ports.attachments import Attachments
from hub.ports.broker import Broker
from hub.ports.connector import ConnectorSettings
from hub.ports.store import Store
from hub.ports.tls import Tls
from hub.ports.tracing import Tracer
from hub.registry import ConnectorEntry, Registry
from hub.seal import Sealer
from hub.services import Services
from hub.settings import HubSettings
from hub.store import SqlStore
from hub.support import fences, staff_feed
from hub.support.plans import Bench
from hub.topology import HUB_USER, WATCH_USER, Topology, of_municipality
from hub.worker import fence_watch

MEMORY = "memory://"


class App:
    """One installation, opened from its home directory. Adapters are made on first use."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)

    @cached_property
    def settings(self) -> HubSettings:
        return settings.load(self.home)

    @cached_property
    def registry(self) -> Registry:
        found = registry.load(self.home, self.settings.urls)
        given = self.settings
        for what, named in (("a credential", given.credentials), ("oauth", given.oauth), ("tls", given.tls)):
            unknown = sorted(set(named) - set(found.connectors))
            if unknown:
                raise ConfigError(f"{what} is set for {', '.join(unknown)}, but there is no such connector")
        unknown = sorted(set(given.sealing) - set(found.doors()))
        if unknown:
            raise ConfigError(f"sealing is set for {', '.join(unknown)}, but there is no such partner with a door")
        return found

    @cached_property
    def topology(self) -> Topology:
        return of_municipality(self.registry.topology(self.settings.tiers), self.settings.tenant)

    @property
    def store_url(self) -> str:
        return self.settings.store_url or f"sqlite:///{self.home.database}"

    @cached_property
    def store(self) -> Store:
        return SqlStore(self.store_url, self.settings.tenant, lambda: self.master_keys.first.audit)

    @cached_property
    def broker(self) -> Broker:
        url = self.broker_url
        if url == MEMORY:
            broker: Broker = MemoryBroker()
            broker.declare(self.topology)
            return broker
        return RabbitBroker(url, self.broker_tls)

    @property
    def broker_tls(self) -> Tls:
        """Whom the hub trusts at the broker, and what it shows there."""
        return self.settings.broker_tls.files(self.home)

    @property
    def broker_url(self) -> str:
        """The broker's address for the hub's own user. Raises ConfigError."""
        url = self.settings.amqp_url
        if url is None:
            raise ConfigError(f"no broker: set amqp_url in {self.home.settings_file.name}, or RENKEI_AMQP_URL")
        if url == MEMORY or urlsplit(url).username is not None:
            return url
        return self.user_url(HUB_USER, self.home.password(HUB_USER))  # as `renkei topology apply` makes it

    def administration(self, management_url: str | None) -> Administration:
        """The broker beside the topology; without a management address only what AMQP shows."""
        if management_url is None:
            return Administration(self.topology, self.broker, None, self.vhost)
        return Administration(self.topology, None, self.management(management_url), self.vhost)

    def management(self, url: str) -> Management:
        """The management API at an address; without a user name in it, for the read-only user. Raises ConfigError."""
        if urlsplit(url).username is None:
            url = _with_user(url, WATCH_USER, self.home.password(WATCH_USER))
        return Management(url, self.broker_tls)

    @property
    def vhost(self) -> str:
        return unquote(urlsplit(self.settings.amqp_url or "").path[1:]) or "/"

    @cached_property
    def master_keys(self) -> KeyRing:
        """Raises ConfigError `config.key_file`, `config.key_command`."""
        command = self.settings.master_key_command
        return KeyRing(partial(printed_by, command) if command else partial(in_files, self.home))

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.master_keys, self.store, self.settings.tenant)

    @cached_property
    def door_keys(self) -> DoorKeys:
        return DoorKeys(self.home.door_keys)

    @cached_property
    def attachments(self) -> Attachments:
        url = self.settings.attachments_url or str(self.home.attachments.resolve())
        return FolderAttachments(url, self.sealer)

    @cached_property
    def signing_keys(self) -> SigningKeys:
        """Raises ConfigError `config.key_file`."""
        return SigningKeys(self.home.audit_key, self.home.next_audit_key, self.settings.tenant)

    @property
    def signer(self) -> Signer:
        """That of this host's own file. Raises ConfigError `config.key_file`."""
        return self.signing_keys.first

    @cached_property
    def outside(self) -> OutsideFile:
        return OutsideFile(self.home.checkpoints)

    @cached_property
    def tracer(self) -> Tracer | None:
        """Raises ConfigError where traces are wanted and the libraries are not there."""
        url = self.settings.traces_url
        if url is None:
            return None
        if exposed(url):  # ids of messages and names of partners, and when what happened
            raise ConfigError("traces_url leads to another host without TLS; write https://", "config.plain_address")
        try:
            from hub import tracing
        except ImportError as error:
            raise ConfigError(
                "traces_url is set in hub.toml, but OpenTelemetry is not installed; pip install 'renkei-hub[otel]'"
            ) from error
        flows = self.registry.flow_of_types()
        exporter = tracing.over_http(url)
        return tracing.OpenTelemetry(exporter, self.settings.traces_share, flows, version("renkei-hub"))

    def refresh(self, metrics: Metrics) -> None:
        """What is counted in the store, when scraped; the other metrics are wanted all the more while it is away."""
        metrics.sunsets(self.registry.sunsets())
        with suppress(StoreUnavailable):
            metrics.dead_letters(self.store.dead_counts())
            metrics.holds(self.store.hold_counts())
            metrics.awaited(self.store.awaited())
            metrics.overdue(self.store.overdue(now_us()))
            hops = {f"delivery.{name}": name for name in self.registry.connectors}
            backlog = self.store.backlog(hops)
            metrics.backlog(self.registry.connectors, {hops[hop]: found for hop, found in backlog.items()})
            metrics.replays({state.value: count for state, count in self.store.items_under_way().items()})
            found = self.fence_summary()
            list_ = permission.in_force(self.store.permission_lists(), now_us())
            metrics.permission_list(self.registry.asked(), 0 if list_ is None else list_.valid_until)
            metrics.emergencies(len(self.store.emergencies(now_us())))
            if self.settings.staff_feed_days is not None:
                metrics.staff_feed(staff_feed.due_at(self.store.staff_feed(), self.settings.staff_feed_days))
            metrics.approvals(self.store.waiting_counts(now_us()), found.asked)
            metrics.fences(found.states, found.unconfirmed_since, found.ready, found.unknown)
            metrics.record(self.store.audit_head())

    def fence_summary(self) -> fences.Summary:
        """What is known of protections, and whether this host believes it. Raises StoreUnavailable."""
        follows = fence_watch.follows(self.home.fence_position, self.store)
        return fences.summary(self.store, self.registry.fence_targets, follows)

    @cached_property
    def bench(self) -> Bench:
        """For replay plans: the stages of all hops, with nothing taken from a queue."""
        services = self.services(self.registry.connectors, Metrics())
        return Bench(self.store, self.broker, services, self.settings.replay_alone, self.settings.request_hours)

    def services(self, connectors: Mapping[str, ConnectorEntry], metrics: Metrics) -> Services:
        return Services(
            tenant=self.settings.tenant,
            registry=self.registry,
            sealer=self.sealer,
            connectors={
                name: create_connector(entry.kind, self.addressed(entry.settings)) for name, entry in connectors.items()
            },
            fences=self.store,
            permissions=self.store,
            attachments=self.attachments,
            remember=partial(fence_watch.remember, self.home.fence_position, self.store),
            max_body_bytes=self.settings.max_body_bytes,
            metrics=metrics,
            door=Door(self.door_keys, [name for name, one in self.settings.sealing.items() if one.intake == "sealed"]),
        )

    def addressed(self, given: ConnectorSettings) -> ConnectorSettings:
        return addressed(given, self.settings, self.home, lambda: self.broker_url)

    def user_url(self, user: str, password: str) -> str:
        """The broker's address for another user than the hub's. Raises ConfigError without a broker address."""
        if not self.settings.amqp_url or self.settings.amqp_url == MEMORY:
            raise ConfigError("no broker address: set amqp_url in hub.toml, or RENKEI_AMQP_URL")
        return _with_user(self.settings.amqp_url, user, password)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("tracer", "broker", "store"):
            if self.__dict__.get(name) is not None:
                self.__dict__[name].close()


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))
