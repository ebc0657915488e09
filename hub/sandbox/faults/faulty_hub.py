"""The hub under faults: several processes per role, all of whose connections go through proxies."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from hub import settings
from hub.app import App
from hub.brokers.rabbit.broker import RabbitBroker
from hub.ports.broker import Broker
from hub.ports.store import DeadLetter
from hub.sandbox.faults.clock import set_shift
from hub.sandbox.faults.nursery import Birth, Nursery
from hub.sandbox.faults.plan import HEARTBEAT, PROCESSES
from hub.sandbox.faults.steps import Steps
from hub.sandbox.find_broker import Found
from hub.sandbox.process import Process, wait_until
from hub.sandbox.process_hub import START_SECONDS, ProcessHub
from hub.settings import HubSettings

COMMANDS = "commands"  # the clock of replays and migrations


class Undisturbed(App):
    """The installation as the harness sees it: past the proxies. `store_url` empty: SQLite in the home."""

    def __init__(self, root: Path, amqp_url: str, store_url: str) -> None:
        super().__init__(root)
        self._own = {"amqp_url": amqp_url} | ({"store_url": store_url} if store_url else {})

    @cached_property
    def settings(self) -> HubSettings:
        return settings.load(self.home).model_copy(update=self._own)

    @cached_property
    def broker(self) -> Broker:
        return RabbitBroker(self._own["amqp_url"])


class FaultyHub(ProcessHub):
    """`ports`: of the proxies by link name. Its logs lie in its home, one file per process, all its lives in it."""

    def __init__(
        self, root: Path, urls: Mapping[str, str], broker: Found, ports: Mapping[str, int], store_url: str
    ) -> None:
        super().__init__(root / "home", urls, broker)
        self.app = Undisturbed(root / "home", broker.amqp_url, store_url)
        self.steps = Steps(root)
        self._root, self._ports, self._store_url = root, ports, store_url
        self._nursery = Nursery()
        self._lives: dict[str, Process | None] = {}
        self._commands = 0

    def start(self) -> None:
        more = "batch = 20\nprefetch = 60\n"
        if self._store_url:
            more += f'store_url = "{_by(self._store_url, self._ports["store"])}"\n'
        self._init(_by(self._hub_url(), self._ports["broker"]) + f"?heartbeat={HEARTBEAT}", None, more)
        self._apply_topology()
        for name in (*PROCESSES, COMMANDS):
            self.jump(name, 0)
        for name in PROCESSES:
            self.bear(name)
        for name in PROCESSES:
            wait_until(lambda: bool(self._started_at(name)), f"{name} has started", START_SECONDS)  # noqa: B023

    def bear(self, name: str) -> None:
        """Start a process of the hub, for the first time or again."""
        role = name.partition("-")[0]
        self._lives[name] = self._nursery.bear(self._birth(name, ["run", "--role", role], name))

    def command(self, *arguments: str, home: Path | None = None) -> Process | None:
        """Start a command of `renkei` that may be struck as well. `home`: of another installation."""
        self._commands += 1
        return self._nursery.bear(self._birth(f"command-{self._commands}", arguments, COMMANDS, home))

    def life(self, name: str) -> Process | None:
        """The process that runs now, None where it has ended."""
        process = self._lives.get(name)
        return process if process is not None and process.is_alive() else None

    def jump(self, name: str, seconds: float) -> None:
        """Set a process's clock so far from the true time."""
        set_shift(self._root / f"{name}.clock", seconds)

    def letters_to_replay(self, refused: Mapping[str, str]) -> list[DeadLetter]:
        """Those still dead which are not dead on purpose. `refused`: what those must be dead of, by message id."""
        return [
            each
            for each in self.dead_letters()
            if each.state in ("open", "replaying") and refused.get(each.message_id) != each.code
        ]

    def witnesses(self) -> list[Path]:
        return [self._witness(name) for name in PROCESSES]

    def logs(self) -> list[Path]:
        return [self._log(name) for name in PROCESSES]

    def stop(self) -> None:
        super().stop()
        self._nursery.close()

    def _birth(self, name: str, arguments: Sequence[str], clock: str, home: Path | None = None) -> Birth:
        return Birth(
            name,
            ["--home", str(home or self.app.home.root), *arguments],
            str(self._log(name)),
            str(self._root / f"{clock}.clock"),
            str(self._root),
            str(self._witness(name)),
        )

    def _witness(self, name: str) -> Path:
        return self._root / f"{name}.witness"

    def partner_url(self, partner: str) -> str:
        return _by(self.app.user_url(partner, self.app.home.password(partner)), self._ports["publisher"])


def _by(url: str, port: int) -> str:
    """The same address through a proxy."""
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{login}{at}127.0.0.1:{port}").geturl()
