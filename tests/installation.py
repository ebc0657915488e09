"""An installation of the hub as an operator makes it: by commands, with hub processes and simulated partners."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pika
import urllib3
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from hub.app import App
from hub.brokers.management import Management, ManagementError
from hub.client import Client, Publication
from hub.installation import passwords
from hub.sandbox.process import Process, wait_until
from hub.store import migrate
from hub.support import fences

COMMAND_SECONDS = 60
DEADLINE = 20.0
START_SECONDS = 60.0
STOP_SECONDS = 45.0
TIERS = ("200ms", "500ms", "1s")
_http = urllib3.PoolManager(timeout=urllib3.Timeout(10), retries=False)


class HubProcess:
    """One `renkei run`. Killed and stopped by its own id, nothing else."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def await_started(self) -> HubProcess:
        """Wait until it takes messages."""

        def started() -> bool:
            assert self._process.poll() is None, f"ended with {self._process.returncode}:\n{self.text()}"
            return bool(self.events("started"))

        wait_until(started, f"the process of {self.log.name} has started", START_SECONDS)
        return self

    def await_(self, condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait for what it is to bring about; says what it has logged where it does not."""
        try:
            wait_until(condition, what, seconds)
        except TimeoutError as late:
            raise AssertionError(f"{late}\n{self.text()}") from None

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged under this name."""
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if line["event"] == name]

    def get(self, path: str) -> tuple[int, str]:
        """Ask its status server."""
        answer = _http.request("GET", self.events("started")[0]["url"] + path)
        return answer.status, answer.data.decode()

    @property
    def pid(self) -> int:
        return self._process.pid

    def peak_bytes(self) -> int:
        """The most memory it has held so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Its exit code. One that does not end shows where each of its threads is."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGABRT)
            self._process.wait()
            raise AssertionError(f"did not end within {seconds:g} s:\n{self.text()}") from None

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process.poll() is None, f"ended before it was killed:\n{self.text()}"
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End it as a supervisor would; returns the exit code."""
        self._process.terminate()
        return self.wait()

    def close(self) -> None:
        """Nothing of it stays, whatever the test did."""
        process = Process.of(self.pid) if self._process.poll() is None else None
        if process is not None:
            process.kill()
            self._process.wait()


class Installation:
    """A home directory on one vhost of a broker. `amqp_url` has no credentials; `administrator`: management address."""

    def __init__(self, root: Path, amqp_url: str, administrator: str) -> None:
        self.root, self.amqp_url, self.administrator = root, amqp_url, administrator
        self.processes: list[HubProcess] = []
        self._clients: dict[str, Client] = {}
        self.app = App(root)

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the caller's own installation gets in."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RENKEI_")}
        return kept | {"COLUMNS": "200"} | more

    def renkei(self, *arguments: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command; it must end with the exit code expected."""
        done = subprocess.run(
            self._command(*arguments),
            stdin=subprocess.DEVNULL,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str, expect: int = 0) -> Any:
        """The one JSON value a command prints on standard output."""
        return json.loads(self.renkei(*arguments, "--json", expect=expect).stdout)

    def init(self, extra: str = "", tiers: Sequence[str] = TIERS) -> None:
        """`renkei init` as in the README, with waits short enough for a test."""
        parts = urlsplit(self.administrator)
        watched = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.renkei("init", "--amqp-url", self.amqp_url, "--management-url", watched, "--sandbox")
        listed = ", ".join(f'"{tier}"' for tier in tiers)
        self.configure(f"tiers = [{listed}]\n{extra}")
        self.found_fences()

    def found_fences(self) -> None:
        """Nobody is protected, and two persons say so."""
        found = App(self.root)  # another than `app`, which may read what is configured later
        migrate(found.store_url)
        fences.load(found.store, [], "a clerk")
        fences.complete(found.store, "a supervisor")
        found.close()

    def configure(self, text: str) -> None:
        """Add lines to hub.toml."""
        with (self.root / "hub.toml").open("a", encoding="utf-8") as file:
            file.write(text)

    def apply(self) -> None:
        """`renkei topology apply` as an administrator."""
        self.renkei("topology", "apply", "--management-url", self.administrator)

    def run(self, *arguments: str, before: str = "") -> HubProcess:
        """Start `renkei run` and wait until it takes messages. `before`: Python to run first, to shorten a wait."""
        return self.launch(*arguments, before=before).await_started()

    def launch(self, *arguments: str, before: str = "") -> HubProcess:
        """Start `renkei run`."""
        log = self.root / f"run-{len(self.processes)}.log"
        command = self._command("run", *arguments, before=before)
        process = HubProcess(command, self.environment(PYTHONFAULTHANDLER="1"), log)
        self.processes.append(process)
        return process

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        """As a partner does, with the partner's own broker user."""
        if partner not in self._clients:
            url = self.app.user_url(partner, self.app.home.password(partner))
            self._clients[partner] = Client(url, partner)
        self._clients[partner].publish_many(publications)

    def move(self, amqp_url: str, administrator: str) -> None:
        """Its settings name another broker by now: partners publish there, and it is asked there."""
        self._leave()
        self.amqp_url, self.administrator = amqp_url, administrator
        self._clients = {}
        self.app = App(self.root)

    def close(self) -> None:
        for process in self.processes:
            process.close()
        self._leave()

    def _leave(self) -> None:
        for client in self._clients.values():
            client.close()
        self.app.close()

    def _command(self, *arguments: str, before: str = "") -> list[str]:
        start = ["-c", f"{before}; from hub.cli import main; main()"] if before else ["-m", "hub.cli"]
        return [sys.executable, *start, "--home", str(self.root), *arguments]


@contextmanager
def installation(root: Path, amqp_url: str, administrator: str) -> Iterator[Installation]:
    """Made on a broker, and taken from it again with all users it has made there."""
    parts = urlsplit(amqp_url)
    bare = f"amqp://{parts.netloc.rpartition('@')[2]}{parts.path}"
    made = Installation(root, bare, administrator)
    management = Management(administrator)
    try:
        yield made
    finally:
        made.close()
        for file in made.app.home.secrets.glob("*.password"):
            remove_user(management, file.stem)
        management.close()


def remove_user(management: Management, name: str) -> None:
    """Delete a broker user; nothing happens where there is none."""
    try:
        management.call("DELETE", "users", name)
    except ManagementError as error:
        if error.status != 404:
            raise


def own_config(made: Installation) -> Path:
    """Give the home a configuration folder of its own, to change."""
    config = made.root / "config"
    shutil.copytree(made.app.home.folder("config"), config)
    return config


def edit_settings(made: Installation, old: str, new: str) -> None:
    """Replace a text of hub.toml that must be there."""
    file = made.root / "hub.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def with_user(url: str, user: str, password: str) -> str:
    """The address for another user."""
    parts = urlsplit(url)
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.hostname}:{parts.port}"
    return parts._replace(netloc=netloc).geturl()


@contextmanager
def connected(hub: Installation, user: str) -> Iterator[BlockingConnection]:
    """A plain connection as one of the broker's users."""
    url = with_user(hub.amqp_url, user, passwords(hub.app.home, [user])[user])
    connection = BlockingConnection(pika.URLParameters(url))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


def check(hub: Installation, expect: int = 0) -> Any:
    return hub.json("topology", "check", "--management-url", hub.administrator, expect=expect)


def shown(changes: list[dict[str, str]]) -> set[tuple[str, str, str]]:
    return {(change["action"], change["kind"], change["name"]) for change in changes}


def polled(channel: BlockingChannel, queue: str, seconds: float = DEADLINE) -> Iterator[bytes | None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield channel.basic_get(queue, auto_ack=True)[2]
        channel.connection.process_data_events(0.02)
    raise AssertionError(f"nothing came home to {queue}")
