"""A server process of our own on loopback that says over HTTP when it is ready: started, waited for, ended."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import urllib3

from hub.sandbox.process import LOOPBACK, NodeError, ended_by_itself, free_ports, wait_until

START_SECONDS = 60.0
STOP_SECONDS = 30.0
http = urllib3.PoolManager(timeout=urllib3.Timeout(10), retries=False)


class OwnServer:
    """`command`: what to run, given host and port; `data`: a folder for its log."""

    def __init__(self, name: str, data: Path, command: Callable[[str], Sequence[str]]) -> None:
        self._name, self._data, self._command = name, data, command
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start and wait until it is ready. Raises NodeError: it ended, with the end of its log; TimeoutError."""
        (port,) = free_ports(1)
        self._data.mkdir(parents=True, exist_ok=True)
        log = self._data / f"{self._name}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command(f"{LOOPBACK}:{port}"), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.url = f"http://{LOOPBACK}:{port}"

        def ready() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise NodeError(f"{self._name} ended:\n{log.read_text(errors='replace')[-2000:]}")
            return _answers(f"{self.url}/-/ready")

        wait_until(ready, f"{self._name} is ready", START_SECONDS)

    def stop(self) -> None:
        """End it; a second call does nothing."""
        if self._process is None:
            return
        self._process.terminate()
        ended_by_itself(self._process, STOP_SECONDS)
        self._process = None


def _answers(url: str) -> bool:
    try:
        return http.request("GET", url).status == 200
    except urllib3.exceptions.HTTPError:
        return False
