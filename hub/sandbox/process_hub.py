"""The hub as processes of its own on RabbitMQ, as in production: one for what is urgent, one for intake, one for
delivery, and one that collects where partners lay things out."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.brokers.administration import Administration
from hub.brokers.management import Management
from hub.client import Client, Publication
from hub.sandbox.demo_hub import DemoHub
from hub.sandbox.find_broker import Found
from hub.sandbox.process import NodeError, Process, ended_by_itself, wait_until

START_SECONDS = 60.0
STOP_SECONDS = 40.0
URGENT, INTAKE, DELIVERY, COLLECT = "urgent", "intake", "delivery", "collect"


class ProcessHub(DemoHub):
    """Its logs lie in its home, one file per role."""

    def __init__(self, root: Path, urls: Mapping[str, str], broker: Found) -> None:
        super().__init__(root, urls)
        self._broker = broker
        self._clients: dict[str, Client] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self._init(self._hub_url(), self._broker.management_url)
        self._apply_topology()
        collecting = any(entry.collect for entry in self.app.registry.connectors.values())
        roles = (URGENT, INTAKE, DELIVERY, COLLECT) if collecting else (URGENT, INTAKE, DELIVERY)
        for role in roles:
            self._launch(role)
        for role in roles:
            self._await_started(role)

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        if partner not in self._clients:
            self._clients[partner] = Client(self.partner_url(partner), partner, hub_key=self.key())
        self._clients[partner].publish_many(publications)

    def crash(self) -> int:
        victim = self._processes[DELIVERY]
        process = Process.of(victim.pid)
        if process is None:
            raise NodeError(f"the delivery process ended by itself; see {self._log(DELIVERY)}")
        process.kill()
        victim.wait()
        in_flight = self.in_flight()  # nobody is left who could settle them
        self._launch(DELIVERY)
        self._await_started(DELIVERY)
        return in_flight

    def addresses(self) -> Mapping[str, str]:
        places = {"home": str(self.app.home.root), "broker": self._broker.management_url}
        return places | {f"hub, {role}": self._started_at(role) for role in self._processes}

    def partner_url(self, partner: str) -> str:
        if self._broker.shared:
            return self._broker.amqp_url
        return self.app.user_url(partner, self.app.home.password(partner))

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        for process in self._processes.values():
            process.terminate()
        stuck = [role for role, process in self._processes.items() if not ended_by_itself(process, STOP_SECONDS)]
        self.app.close()
        if stuck:
            raise NodeError(f"had to be killed, as it did not stop in {STOP_SECONDS:g} s: {' and '.join(stuck)}")

    def _hub_url(self) -> str:
        """The address the hub itself uses; without a user it is the hub's own, with the password of `renkei init`."""
        if self._broker.shared:
            return self._broker.amqp_url
        parts = urlsplit(self._broker.amqp_url)
        return parts._replace(netloc=f"{parts.hostname}:{parts.port}").geturl()

    def _apply_topology(self) -> None:
        """As an administrator. Users belong to the whole broker, so none is made on one that others use too."""
        topology = replace(self.app.topology, users=()) if self._broker.shared else self.app.topology
        vhost = unquote(urlsplit(self._broker.amqp_url).path[1:])
        management = Management(self._broker.management_url)
        try:
            passwords = {user.name: self.app.home.password(user.name) for user in topology.users}
            left = Administration(topology, None, management, vhost).apply(passwords)
        finally:
            management.close()
        if left:
            raise NodeError(f"the broker is not as configured: {left[0].action} {left[0].kind} {left[0].name}")

    def _log(self, role: str) -> Path:
        return self.app.home.root / f"{role}.log"

    def _launch(self, role: str) -> None:
        root = str(self.app.home.root)
        command = [sys.executable, "-m", "hub.cli", "--home", root, "run", "--role", role]
        command += ["--urgent-apart"] if role == INTAKE else []
        with self._log(role).open("wb") as log:
            self._processes[role] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C meant for the demo: it stops its hub itself, in order
            )

    def _await_started(self, role: str) -> None:
        def started() -> bool:
            if self._processes[role].poll() is not None:
                text = self._log(role).read_text(errors="replace")[-2000:]
                raise NodeError(f"the {role} process ended with {self._processes[role].returncode}:\n{text}")
            return bool(self._started_at(role))

        wait_until(started, f"the {role} process has started", START_SECONDS)

    def _started_at(self, role: str) -> str:
        """The status address a process logs when it has started; empty before."""
        for line in self._log(role).read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}") and (event := json.loads(line)).get("event") == "started":
                return str(event["url"])
        return ""
