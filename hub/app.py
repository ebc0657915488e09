"""The composition root: the one place that knows every adapter and puts a process together."""

import sys
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import structlog

from hub import permission, registry, runner, settings
from hub.addressing import addressed
from hub.attachments import FolderAttachments
from hub.audit.outside import OutsideFile
from hub.audit.signing import Signer, SigningKeys
from hub.brokers.administration import Administration
from hub.brokers.management import Management
from hub.brokers.memory import MemoryBroker
from hub.brokers.rabbit import RabbitBroker
from hub.clock import now_us
from hub.discovery import create_collector, create_connector
from hub.door import Door, DoorKeys
from hub.errors import BrokerUnavailable, ConfigError, StoreUnavailable
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
from hub.retry import RetryPolicy
from hub.runner import Worker
from hub.seal import Sealer
from hub.services import Services
from hub.settings import HubSettings
from hub.status import Check, Remembered
from hub.store import SqlStore
from hub.support import fences, staff_feed
from hub.support.plans import Bench
from hub.topology import (
    HUB_USER,
    WATCH_USER,
    Topology,
    delivery_queue,
    door_queue,
    hub_lane,
    of_municipality,
    urgent_lane,
)
from hub.worker import fence_watch
from hub.worker.clearing import ClearingWorker
from hub.worker.collecting import CollectWorker
from hub.worker.delivery import DeliveryWorker
from hub.worker.importer import Importer
from hub.worker.intake import IntakeWorker
from hub.worker.record_watch import RecordWatch
from hub.worker.sequencer import Sequencer
from hub.worker.stand_in import StandIn
from hub.worker.teller import Teller

MEMORY = "memory://"
PREFETCH_PER_SEND = 64  # so that even the last one handed out is sent well within the broker's consumer timeout
PREFETCH_SECONDS = 600.0
CLEARING_SECONDS = 30.0  # between looks at attachments that nobody needs any more
POLICIES_SECONDS = 60.0  # between looks at the broker's policies: they change seldom, and by hand
_log = structlog.get_logger("hub.app")


@dataclass(frozen=True, slots=True)
class Roles:
    """What one process does. `connectors` empty: all of them.

    `urgent`: the doors of what protects somebody, which belong to the intake as well; `apart`: it leaves them to
    another process, and stands in while there is none.
    """

    intake: bool = True
    delivery: bool = True
    collect: bool = True
    connectors: Collection[str] = ()
    urgent: bool = False
    apart: bool = False


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

    def workers(self, roles: Roles, metrics: Metrics, stop: threading.Event) -> list[Worker]:
        """The workers of one process. Raises ConfigError for a connector that is not configured."""
        named = self.registry.connectors
        if roles.connectors:
            unknown = sorted(set(roles.connectors) - set(named))
            if unknown:
                raise ConfigError(f"no such connector: {', '.join(unknown)}; see config/connectors")
            named = {name: entry for name, entry in named.items() if name in roles.connectors}
        chosen = named if roles.delivery else {}
        services = replace(self._services(chosen, metrics), tracer=self.tracer)
        batch, prefetch = self.settings.batch, self.settings.prefetch
        workers: list[Worker] = []

        def intake(name: str, queue: str, trusted: bool, stop: threading.Event = stop) -> IntakeWorker:
            return IntakeWorker(name, queue, trusted, self.broker, self.store, services, metrics, batch, prefetch, stop)

        if roles.urgent or roles.intake:
            doors = {name: urgent_lane(door_queue(name)) for name in self.registry.urgent_types()}
            if roles.apart:
                workers += [
                    StandIn(queue, partial(intake, name, queue, False), self.broker, stop)
                    for name, queue in doors.items()
                ]
            else:
                workers += [intake(name, queue, False) for name, queue in doors.items()]
        if roles.intake:
            workers += [intake(name, door_queue(name), False) for name in self.registry.doors()]
            lanes = sorted({*self.registry.doors(), *self.registry.repliers()})
            workers += [intake(name, hub_lane(name), True) for name in lanes]
            workers.append(Importer(self.broker, self.store, services, metrics, stop))
            workers.append(Teller(self.store, self.broker, self.registry, stop))
        workers += [
            CollectWorker(
                name,
                create_collector(entry.kind, self._addressed(entry.settings)),
                entry.collect.every,
                entry.collect.purpose,
                self.broker,
                self.store,
                services,
                metrics,
                batch,
                stop,
            )
            for name, entry in named.items()
            if roles.collect and entry.collect is not None
        ]
        if roles.collect:
            workers.append(ClearingWorker(self.attachments, self.store, self.registry, CLEARING_SECONDS, stop))
        if roles.delivery:
            workers.append(Sequencer(self.store, self.broker, self.signing_keys.note, self.outside, metrics, stop))
            workers.append(RecordWatch(self.store, self._verify_command, self.home.record_lock, metrics, stop))
        owner, watch = runner.owner(), fence_watch.FenceWatch(self.home.fence_position, self.store)
        workers += [
            DeliveryWorker(
                entry.settings,
                queue,
                RetryPolicy(self.settings.tiers, entry.retry.attempts, entry.retry.polls),
                self.broker,
                self.store,
                services,
                metrics,
                f"{owner}/{queue}",  # a lane is an owner of its own: a circuit has one probe at a time
                batch,
                _prefetch(prefetch, entry.settings),
                stop,
                watch,
            )
            for name, entry in chosen.items()
            for queue in self._lanes(name)
        ]
        return workers

    @property
    def _verify_command(self) -> list[str]:
        """At the lowest priority, which is asked for in the process itself: this one has threads."""
        code = "import os; os.nice(19); from hub.cli.main import main; main()"
        home = str(self.home.root.resolve())
        return [sys.executable, "-c", code, "--home", home, "--log-level", "error", "audit", "verify", "--json"]

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

    def _lanes(self, connector: str) -> tuple[str, ...]:
        queue = delivery_queue(connector)
        return (urgent_lane(queue), queue) if connector in self.registry.urgent_connectors() else (queue,)

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
        services = self._services(self.registry.connectors, Metrics())
        return Bench(self.store, self.broker, services, self.settings.replay_alone, self.settings.request_hours)

    def _services(self, connectors: Mapping[str, ConnectorEntry], metrics: Metrics) -> Services:
        return Services(
            tenant=self.settings.tenant,
            registry=self.registry,
            sealer=self.sealer,
            connectors={
                name: create_connector(entry.kind, self._addressed(entry.settings))
                for name, entry in connectors.items()
            },
            fences=self.store,
            permissions=self.store,
            attachments=self.attachments,
            remember=partial(fence_watch.remember, self.home.fence_position, self.store),
            max_body_bytes=self.settings.max_body_bytes,
            metrics=metrics,
            door=Door(self.door_keys, [name for name, one in self.settings.sealing.items() if one.intake == "sealed"]),
        )

    def _addressed(self, given: ConnectorSettings) -> ConnectorSettings:
        return addressed(given, self.settings, self.home, lambda: self.broker_url)

    def user_url(self, user: str, password: str) -> str:
        """The broker's address for another user than the hub's. Raises ConfigError without a broker address."""
        if not self.settings.amqp_url or self.settings.amqp_url == MEMORY:
            raise ConfigError("no broker address: set amqp_url in hub.toml, or RENKEI_AMQP_URL")
        return _with_user(self.settings.amqp_url, user, password)

    def start_up(self) -> None:
        """Everything that must hold before a process takes its first message.

        Raises ConfigError (configuration, key file, topology), StoreUnavailable, BrokerUnavailable.
        """
        self.store.check()
        self.sealer.verify()
        self.door_keys.load()
        missing = self.broker.missing(self.topology)
        if missing:
            names = ", ".join(f"{kind} {name}" for kind, name in missing)
            raise ConfigError(f"the broker lacks {names}; run `renkei topology apply`", "config.topology")
        if "policies" in self.settings.waive:
            _log.warning("waived", reason="policies are not checked at start, as hub.toml says")
        elif self._policies is not None:
            try:
                problem = _told(self._policies)
            except BrokerUnavailable as error:  # not needed for work: readiness fails until it answers
                _log.warning("policies_not_checked", detail=error.detail)
            else:
                if problem:
                    raise ConfigError(problem, "config.topology")

    def checks(self) -> dict[str, Check]:
        """What must be well before a process may get traffic, by names that `waive` knows."""
        return {
            "store": self._store_problem,
            "broker": self._broker_problem,
            "policies": Remembered(self._policy_problem, POLICIES_SECONDS),
        }

    @cached_property
    def _policies(self) -> Administration | None:
        """Where policies can be looked at; the in-process broker has no others than the topology's."""
        url = self.settings.management_url
        return self.administration(url) if url and self.settings.amqp_url != MEMORY else None

    def _policy_problem(self) -> str | None:
        if self.settings.amqp_url == MEMORY:
            return None
        if self._policies is None:
            return (
                "not checked, as there is no management address: set management_url in hub.toml, "
                f"for instance http://broker:15672; without a user name it is read as {WATCH_USER}"
            )
        try:
            return _told(self._policies)
        except BrokerUnavailable as error:
            return f"not checked: {error.detail}; see whether management_url in hub.toml is right and answers"
        except ConfigError as error:
            return error.detail

    def _store_problem(self) -> str | None:
        try:
            self.store.check()
        except StoreUnavailable as error:
            return str(error)
        return None

    def _broker_problem(self) -> str | None:
        return None if self.broker.ready else "not connected, or blocked by a resource alarm"

    def close(self) -> None:
        """Close what was opened."""
        for name in ("tracer", "broker", "store"):
            if self.__dict__.get(name) is not None:
                self.__dict__[name].close()


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))


def _told(administration: Administration) -> str | None:
    """The first difference, and what to do. Raises BrokerUnavailable, ConfigError."""
    problems = administration.problems()
    if not problems:
        return None
    first = problems[0]
    what = f"{first.kind} {first.name} {'is missing' if first.action == 'create' else f'differs ({first.detail})'}"
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"{what}{more}; run `renkei topology plan`, then `renkei topology apply`"


def _prefetch(most: int, connector: ConnectorSettings) -> int:
    """No more than is sent well within the broker's consumer timeout."""
    by_rate = most if connector.rate is None else max(1, int(connector.rate * PREFETCH_SECONDS))
    return min(most, PREFETCH_PER_SEND * connector.max_in_flight, by_rate)
