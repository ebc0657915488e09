"""The hub and the in-process broker on threads of this process, for want of a RabbitMQ."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from hub import app as composition
from hub import crew, logs, readiness
from hub.client import EXCHANGE, Publication
from hub.crew import Roles
from hub.errors import BrokerUnavailable
from hub.metrics import Metrics
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.runner import Runner
from hub.sandbox.demo_hub import DemoHub
from hub.sandbox.process import LOOPBACK, NodeError
from hub.status import StatusServer
from hub.targets import announced

STOP_SECONDS = 40.0


class ThreadHub(DemoHub):
    """Nothing of it survives this process, so nothing can be killed to see what survives."""

    def __init__(self, root: Path, urls: Mapping[str, str]) -> None:
        super().__init__(root, urls)
        self._stop = threading.Event()
        self._runner: Runner | None = None
        self._told = ExitStack()
        self._url = ""

    def start(self) -> None:
        logs.configure("error")  # warnings about partners that fail on purpose would drown the progress
        self._init(composition.MEMORY, None)
        readiness.start_up(self.app)
        metrics = Metrics(self.app.registry.flow_of_types())
        self._runner = Runner(crew.workers(self.app, Roles(), metrics, self._stop), self._stop)
        self._runner.start()
        status = StatusServer(
            LOOPBACK,
            0,
            metrics,
            {**readiness.checks(self.app), "workers": self._runner.alive},
            lambda: self.app.refresh(metrics),
        )
        status.start()
        self._told.callback(status.close)
        self._told.enter_context(announced(self.app.home.targets, LOOPBACK, status.port, "all"))
        self._url = f"http://{LOOPBACK}:{status.port}"

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        batch = [
            Outgoing(
                EXCHANGE,
                f"{partner}.{each.type}",
                each.body,
                Properties(
                    each.message_id,
                    each.correlation_id,
                    each.type,
                    headers={"version": each.version, "purpose": each.purpose},
                ),
            )
            for each in publications
        ]
        if any(outcome is not PublishOutcome.CONFIRMED for outcome in self.app.broker.publish(batch)):
            raise BrokerUnavailable(f"messages of {partner} were not taken")

    def crash(self) -> int:
        raise AssertionError("there is no process to kill")

    def addresses(self) -> Mapping[str, str]:
        return {"home": str(self.app.home.root), "hub, all": self._url}

    def stop(self) -> None:
        self._told.close()
        self._stop.set()
        code = self._runner.wait(STOP_SECONDS) if self._runner is not None else 0
        self.app.close()
        if code != 0:
            raise NodeError("a worker of the hub ended unexpectedly")
