"""Starting simulated partners as processes of their own, and ending exactly those."""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import urllib3

from hub import catalogue, discovery
from hub.home import Home
from hub.sandbox import partner_tokens
from hub.sandbox.partner import Partner as Books
from hub.sandbox.partner_files import FileDesk
from hub.sandbox.partner_http import Desk, Moods, serve
from hub.sandbox.partner_queue import QueueDesk
from hub.sandbox.partner_tokens import TokenDesk
from hub.sandbox.process import ended_by_itself

START_SECONDS = 30.0
STOP_SECONDS = 5.0
_http = urllib3.PoolManager(timeout=urllib3.Timeout(10), retries=False)


class Partner:
    """One running partner. `restart` keeps port and ledger."""

    def __init__(self, name: str, data: Path, guarded: bool = False) -> None:
        """`guarded`: wants tokens of its own authorisation server."""
        self.name, self._guarded = name, guarded
        self._data = data / name
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def wires(self) -> tuple[str, ...]:
        """See `wires`."""
        return wires(self.name)

    @property
    def files(self) -> str:
        """The address of its folders, for a partner with files."""
        return (self._data / "tray").resolve().as_uri()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers. Raises TimeoutError, RuntimeError."""
        self._data.mkdir(parents=True, exist_ok=True)
        port_file = self._data / "port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "hub.sandbox.launcher", self.name, str(self._port), str(self._data)]
        command += ["--guarded"] if self._guarded else []
        # a session of its own: Ctrl-C reaches the parent alone, which ends partners in its own time
        self._process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self._process.poll() is not None:
                raise RuntimeError(f"partner {self.name} ended with {self._process.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"partner {self.name} did not start")
            time.sleep(0.02)
        self._port = int(port_file.read_text())

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End the process; a second call does nothing."""
        if self._process is None:
            return
        self._process.send_signal(signal_number)
        ended_by_itself(self._process, STOP_SECONDS)
        self._process = None

    def kill(self) -> None:
        """End it as a crash would."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def ledger(self) -> list[dict[str, Any]]:
        """See `hub.sandbox.partner.Entry`."""
        entries: list[dict[str, Any]] = _http.request("GET", f"{self.url}/ledger").json()
        return entries

    def lay_out(self, key: str, content: bytes) -> None:
        """Put something into its tray. Raises ValueError for a key it does not take."""
        answer = _http.request("PUT", f"{self.url}/tray/{key}", body=content)
        if answer.status != 204:
            raise ValueError(answer.data.decode())

    def laid_out(self) -> list[str]:
        """Keys of what nobody has fetched and confirmed yet."""
        keys: list[str] = _http.request("GET", f"{self.url}/tray").json()
        return keys

    def withdraw_tokens(self) -> None:
        """What it has granted ends before its time."""
        _http.request("DELETE", f"{self.url}{partner_tokens.PATH}")

    def connect(self, broker: str, hub_key: str | None = None) -> None:
        """Where its queue is, and what to seal answers to. A restart forgets it."""
        _http.request("PUT", f"{self.url}/broker", body=json.dumps({"address": broker, "hub_key": hub_key}))

    def mode(self, mode: str, **details: float | int | None) -> None:
        """See `hub.sandbox.partner_http.Mode`."""
        answer = _http.request("PUT", f"{self.url}/mode", body=json.dumps({"mode": mode, **details}))
        if answer.status != 204:
            raise ValueError(answer.data.decode())

    def reset_mode(self) -> None:
        _http.request("DELETE", f"{self.url}/mode")


def names() -> list[str]:
    """Connector kinds with a simulated partner."""
    return [
        name
        for name, folder in discovery.kinds().items()
        if (folder / "sandbox.py").is_file() or (folder / "sandbox").is_dir()
    ]


def wires(kind: str) -> tuple[str, ...]:
    """How a simulated partner is reached: "http", "files", "queue"."""
    module = importlib.import_module(f"connectors.{kind}.sandbox")
    found: tuple[str, ...] = getattr(module, "WIRES", ("http",))
    return found


def addresses(partners: Mapping[str, Partner]) -> dict[str, str]:
    """By connector of the shipped configuration, where the partner of its kind is.

    None for a connector over AMQP, which leads to the hub's own broker.
    """
    files = catalogue.read(Home(Path("/nonexistent"))).connectors.values()
    found = {}
    for one in (file.value for file in files):
        partner, scheme = partners.get(one.kind), (one.url or "amqp").partition(":")[0]
        if partner is not None and scheme != "amqp":
            found[one.name] = partner.files if scheme == "file" else partner.url
    return found


def launch(wanted: Iterable[str], data: Path, guarded: Collection[str] = ()) -> dict[str, Partner]:
    """Start these partners; if one does not start, none stays. `guarded`: those that want tokens."""
    partners = {name: Partner(name, data, name in guarded) for name in wanted}
    try:
        for partner in partners.values():
            partner.start()
    except BaseException:
        stop_all(partners.values())
        raise
    return partners


def stop_all(partners: Iterable[Partner]) -> None:
    for partner in partners:
        partner.stop()


def main() -> None:
    """`python -m hub.sandbox.launcher NAME PORT DATA`: be the partner until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("port", type=int)
    parser.add_argument("data", type=Path)
    parser.add_argument("--guarded", action="store_true", help="take requests with a token of POST /token only")
    options = parser.parse_args()
    module = importlib.import_module(f"connectors.{options.name}.sandbox")
    desks: dict[str, Callable[[Books, Moods, Path], Desk]] = {"files": FileDesk, "queue": QueueDesk}
    server = serve(
        module.create(),
        options.data,
        options.port,
        [desks[wire] for wire in wires(options.name) if wire in desks],
        getattr(module, "POLLED", ""),
        TokenDesk(partner_tokens.CLIENT, partner_tokens.client_secret(options.name)) if options.guarded else None,
    )
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # every ledger line is flushed when written
    port_file: Path = options.data / "port"
    port_file.write_text(f"{server.server_address[1]}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
