"""The crew of a process: which workers its roles take."""

import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from hub import runner
from hub.app import App
from hub.discovery import create_collector
from hub.errors import ConfigError
from hub.metrics import Metrics
from hub.ports.connector import ConnectorSettings
from hub.registry import ConnectorEntry
from hub.retry import RetryPolicy
from hub.runner import Worker
from hub.services import Services
from hub.topology import delivery_queue, door_queue, hub_lane, urgent_lane
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

PREFETCH_PER_SEND = 64  # so that even the last one handed out is sent well within the broker's consumer timeout
PREFETCH_SECONDS = 600.0
CLEARING_SECONDS = 30.0  # between looks at attachments that nobody needs any more


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


def workers(app: App, roles: Roles, metrics: Metrics, stop: threading.Event) -> list[Worker]:
    """The workers of one process. Raises ConfigError for a connector that is not configured."""
    named = _named(app, roles)
    services = replace(app.services(named if roles.delivery else {}, metrics), tracer=app.tracer)
    crew = _Crew(app, services, metrics, stop)
    found: list[Worker] = []
    if roles.urgent or roles.intake:
        found += crew.at_urgent_doors(roles.apart)
    if roles.intake:
        found += crew.at_doors()
    if roles.collect:
        found += crew.collecting(named)
    if roles.delivery:
        found += crew.delivering(named)
    return found


def _named(app: App, roles: Roles) -> Mapping[str, ConnectorEntry]:
    known = app.registry.connectors
    unknown = sorted(set(roles.connectors) - set(known))
    if unknown:
        raise ConfigError(f"no such connector: {', '.join(unknown)}; see config/connectors")
    return {name: entry for name, entry in known.items() if name in roles.connectors} if roles.connectors else known


@dataclass(frozen=True, slots=True)
class _Crew:
    app: App
    services: Services
    metrics: Metrics
    stop: threading.Event

    def at_urgent_doors(self, apart: bool) -> Iterator[Worker]:
        for name in self.app.registry.urgent_types():
            queue = urgent_lane(door_queue(name))
            if apart:
                yield StandIn(queue, partial(self._intake, name, queue, False), self.app.broker, self.stop)
            else:
                yield self._intake(name, queue, False)

    def at_doors(self) -> Iterator[Worker]:
        app, doors = self.app, self.app.registry.doors()
        for name in doors:
            yield self._intake(name, door_queue(name), False)
        for name in sorted({*doors, *app.registry.repliers()}):
            yield self._intake(name, hub_lane(name), True)
        yield Importer(app.broker, app.store, self.services, self.metrics, self.stop)
        yield Teller(app.store, app.broker, app.registry, self.stop)

    def collecting(self, named: Mapping[str, ConnectorEntry]) -> Iterator[Worker]:
        app = self.app
        for name, entry in named.items():
            if entry.collect is not None:
                yield CollectWorker(
                    name,
                    create_collector(entry.kind, app.addressed(entry.settings)),
                    entry.collect.every,
                    entry.collect.purpose,
                    app.broker,
                    app.store,
                    self.services,
                    self.metrics,
                    app.settings.batch,
                    self.stop,
                )
        yield ClearingWorker(app.attachments, app.store, app.registry, CLEARING_SECONDS, self.stop)

    def delivering(self, named: Mapping[str, ConnectorEntry]) -> Iterator[Worker]:
        app = self.app
        yield Sequencer(app.store, app.broker, app.signing_keys.note, app.outside, self.metrics, self.stop)
        yield RecordWatch(app.store, verify_command(app), app.home.record_lock, self.metrics, self.stop)
        owner, watch = runner.owner(), fence_watch.FenceWatch(app.home.fence_position, app.store)
        for name, entry in named.items():
            for queue in _lanes(app, name):
                yield DeliveryWorker(
                    entry.settings,
                    queue,
                    RetryPolicy(app.settings.tiers, entry.retry.attempts, entry.retry.polls),
                    app.broker,
                    app.store,
                    self.services,
                    self.metrics,
                    f"{owner}/{queue}",  # a lane is an owner of its own: a circuit has one probe at a time
                    app.settings.batch,
                    _prefetch(app.settings.prefetch, entry.settings),
                    self.stop,
                    watch,
                )

    def _intake(self, name: str, queue: str, trusted: bool, stop: threading.Event | None = None) -> IntakeWorker:
        app, given = self.app, self.app.settings
        return IntakeWorker(
            name, queue, trusted, app.broker, app.store, self.services, self.metrics, given.batch, given.prefetch,
            stop or self.stop,
        )  # fmt: skip


def _lanes(app: App, connector: str) -> tuple[str, ...]:
    queue = delivery_queue(connector)
    return (urgent_lane(queue), queue) if connector in app.registry.urgent_connectors() else (queue,)


def verify_command(app: App) -> list[str]:
    """At the lowest priority, which is asked for in the process itself: this one has threads."""
    code = "import os; os.nice(19); from hub.cli.main import main; main()"
    home = str(app.home.root.resolve())
    return [sys.executable, "-c", code, "--home", home, "--log-level", "error", "audit", "verify", "--json"]


def _prefetch(most: int, connector: ConnectorSettings) -> int:
    """No more than is sent well within the broker's consumer timeout."""
    by_rate = most if connector.rate is None else max(1, int(connector.rate * PREFETCH_SECONDS))
    return min(most, PREFETCH_PER_SEND * connector.max_in_flight, by_rate)
