"""The hub under demonstration: all that the demo asks of the product, in one file.

On RabbitMQ the hub runs as processes of its own, as in production; with the in-process broker it runs on threads here.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub import app as composition
from hub import logs
from hub.app import App, Roles
from hub.brokers.administration import Administration
from hub.brokers.management import Management
from hub.brokers.rabbit import RabbitBroker
from hub.client import EXCHANGE, Client, Publication
from hub.errors import BrokerUnavailable
from hub.installation import init_home, passwords
from hub.metrics import Metrics
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.ports.store import DeadFilter, DeadLetter, JournalEntry
from hub.runner import Runner
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.find_broker import Found
from hub.sandbox.process import NodeError, Process, wait_until
from hub.support.reconcile import reconcile
from hub.support.replay import replay, replayable
from hub.topology import HUB_USER, door_queue

TIERS = ("200ms", "500ms", "1s", "2s", "5s")  # nobody wants to watch an hour's delay
READ_TIMEOUT = 2.0
START_SECONDS = 60.0
STOP_SECONDS = 40.0
ROLES = ("intake", "delivery")
WHO = "demo"


class Hub(ABC):
    """One installation in a directory of its own. `urls`: addresses of the simulated partners by connector name."""

    def __init__(self, root: Path, urls: Mapping[str, str]) -> None:
        self.app = App(root)
        self._urls = urls

    @abstractmethod
    def start(self) -> None:
        """Set up and start; returns when the hub takes messages."""

    @abstractmethod
    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        """Publish as a partner; returns when all are confirmed."""

    @abstractmethod
    def crash(self) -> bool:
        """Kill a worker process with SIGKILL and start it again; False where there is no such process."""

    @abstractmethod
    def addresses(self) -> Mapping[str, str]:
        """Where people can look, by what is there."""

    @abstractmethod
    def stop(self) -> None:
        """End what was started here."""

    @property
    def store(self) -> str:
        return self.app.store.dialect

    def at_rest(self, partner_ids: Iterable[tuple[str, str]]) -> bool:
        """Nothing is on its way: every (partner, message id) has been taken in, and the books match empty queues."""
        accounts = reconcile(self.app.store, self.app.broker, self.app.topology)
        if accounts.waiting or accounts.unaccounted:
            return False
        if any(self.app.broker.depth(door_queue(partner)) for partner in self.app.registry.doors()):
            return False
        by_hop: dict[str, set[str]] = {}
        for partner, message_id in partner_ids:
            by_hop.setdefault(f"intake.{partner}", set()).add(message_id)
        return all(ids <= set(self.app.store.known(hop, ids)) for hop, ids in by_hop.items())

    def journal(self, message_id: str) -> list[JournalEntry]:
        """Every attempt at this message and at what it caused."""
        return self.app.store.trace(message_id)

    def dead_letters(self) -> list[DeadLetter]:
        """All of them, whatever their state."""
        found: list[DeadLetter] = []
        while page := self.app.store.dead_letters(DeadFilter(state=None), after_id=found[-1].id if found else 0):
            found += page
        return found

    def replay(self, codes: Iterable[str]) -> int:
        """Replay open dead letters with these codes; returns how many."""
        chosen = frozenset(codes)
        return sum(
            replay(self.app.store, self.app.broker, self.app.sealer, letter.id, WHO, "the partner is healed")
            for letter in self.dead_letters()
            if letter.state in ("open", "replaying") and letter.code in chosen and replayable(letter.code)
        )

    def _init(self, amqp_url: str, management_url: str | None) -> None:
        """A home as `renkei init` makes it, with the partners' addresses and waits short enough to watch."""
        config = self.app.home.root / "config"
        shutil.copytree(self.app.home.folder("config"), config)
        for file in (config / "connectors").glob("*.toml"):
            kept = re.sub(r"(?m)^read_timeout\s*=.*\n", "", file.read_text(encoding="utf-8"))
            file.write_text(f"read_timeout = {READ_TIMEOUT}\n{kept}", encoding="utf-8")
        tiers = ", ".join(f'"{tier}"' for tier in TIERS)
        urls = "".join(f'{name} = "{url}"\n' for name, url in self._urls.items())
        init_home(self.app, CITY_CODE, amqp_url, management_url, f"tiers = [{tiers}]\n[urls]\n{urls}")


class InProcessHub(Hub):
    """Hub and broker on threads of this process."""

    def __init__(self, root: Path, urls: Mapping[str, str]) -> None:
        super().__init__(root, urls)
        self._stop = threading.Event()
        self._runner: Runner | None = None

    def start(self) -> None:
        logs.configure("error")  # warnings about partners that fail on purpose would drown the progress
        self._init(composition.MEMORY, None)
        self.app.start_up()
        self._runner = Runner(self.app.workers(Roles(), Metrics(), self._stop), self._stop)
        self._runner.start()

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

    def crash(self) -> bool:
        return False

    def addresses(self) -> Mapping[str, str]:
        return {"home": str(self.app.home.root)}

    def stop(self) -> None:
        self._stop.set()
        if self._runner is not None and self._runner.wait(STOP_SECONDS) != 0:
            raise NodeError("a worker of the hub ended unexpectedly")
        self.app.close()


class ProcessHub(Hub):
    """One process for intake and one for delivery, on RabbitMQ."""

    def __init__(self, root: Path, urls: Mapping[str, str], broker: Found) -> None:
        super().__init__(root, urls)
        self._broker = broker
        self._clients: dict[str, Client] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        amqp_url = self._hub_url()
        self._init(amqp_url, self._broker.management_url)
        self._apply_topology()
        for role in ROLES:
            self._launch(role)
        for role in ROLES:
            self._await_started(role)

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        if partner not in self._clients:
            self._clients[partner] = Client(self._partner_url(partner), partner)
        self._clients[partner].publish_many(publications)

    def crash(self) -> bool:
        role = "delivery"
        victim = self._processes[role]
        process = Process.of(victim.pid)
        if process is None:
            raise NodeError(f"the {role} process ended by itself; see {self._log(role)}")
        process.kill()
        victim.wait()
        self._launch(role)
        self._await_started(role)
        return True

    def addresses(self) -> Mapping[str, str]:
        places = {"home": str(self.app.home.root), "broker": self._broker.management_url}
        places |= {f"hub, {role}": self._started_at(role) for role in self._processes}
        return places

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        for process in self._processes.values():
            process.terminate()
        for role, process in self._processes.items():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise NodeError(f"the {role} process did not stop; see {self._log(role)}") from None
        self.app.close()

    def _hub_url(self) -> str:
        """The address the hub itself uses: as its own user, whose password `renkei init` would draw, or as given."""
        if self._broker.shared:
            return self._broker.amqp_url
        password = secrets.token_urlsafe(24)
        file = self.app.home.secrets / f"{HUB_USER}.password"
        file.parent.mkdir(parents=True)
        file.touch(mode=0o600)
        file.write_text(password)
        return _as_user(self._broker.amqp_url, HUB_USER, password)

    def _partner_url(self, partner: str) -> str:
        if self._broker.shared:
            return self._broker.amqp_url
        return self.app.user_url(partner, passwords(self.app.home, [partner])[partner])

    def _apply_topology(self) -> None:
        """As an administrator. Users belong to the whole broker, so none is made on one that others use too."""
        topology = replace(self.app.topology, users=()) if self._broker.shared else self.app.topology
        vhost = unquote(urlsplit(self._broker.amqp_url).path[1:])
        administrator, management = RabbitBroker(self._broker.amqp_url), Management(self._broker.management_url)
        try:
            given = passwords(self.app.home, [user.name for user in topology.users])
            left = Administration(topology, administrator, management, vhost).apply(given)
        finally:
            administrator.close()
            management.close()
        if left:
            raise NodeError(f"the broker is not as configured: {left[0].action} {left[0].kind} {left[0].name}")

    def _log(self, role: str) -> Path:
        return self.app.home.root / f"{role}.log"

    def _launch(self, role: str) -> None:
        root = str(self.app.home.root)
        command = [sys.executable, "-m", "hub.cli", "--home", root, "run", "--role", role]
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
            if line.startswith("{") and (event := json.loads(line)).get("event") == "started":
                return str(event["url"])
        return ""


def _as_user(amqp_url: str, user: str, password: str) -> str:
    parts = urlsplit(amqp_url)
    return parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}").geturl()
