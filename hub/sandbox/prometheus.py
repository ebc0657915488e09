"""A private Prometheus on loopback, for tests and the demo: found, installed on Debian where asked, started, ended."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from hub.sandbox import debian
from hub.sandbox.process import LOOPBACK, NodeError, free_ports, wait_until

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_SHIPPED = Path(__file__).resolve().parents[2] / "ops" / "prometheus"  # in a checkout; a wheel does not carry it
_http = urllib3.PoolManager(timeout=urllib3.Timeout(10), retries=False)


def find_binary() -> Path | None:
    """Find `prometheus`, None where it is not installed."""
    found = shutil.which("prometheus")
    return Path(found) if found else None


def install_debian_package(log: Callable[[str], None] = debian.to_stderr) -> None:
    """Install Prometheus, with promtool, from Debian without starting a system server.

    Raises:
        NodeError: not root on Debian, or the installation failed.
    """
    debian.install(["prometheus"], ["prometheus"], log)


@contextmanager
def watching(targets: Path, broker: str, folder: Path) -> Iterator[PrivatePrometheus | None]:
    """A server with the shipped alerts that reads what `configured` says; None where it cannot be had."""
    if not any(targets.glob("*.json")) or find_binary() is None or not _SHIPPED.is_dir():
        yield None
        return
    server = PrivatePrometheus(configured(targets, folder, broker), folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def configured(targets: Path, folder: Path, broker: str = "") -> Path:
    """The shipped configuration in a folder of its own.

    `targets`: where the processes announce themselves; `broker`: host and port of RabbitMQ's own metrics, without which
    its jobs are left out.
    """
    for one in (folder, targets):  # Prometheus watches a folder that is there when it starts
        one.mkdir(parents=True, exist_ok=True)
    shutil.copy(_SHIPPED / "alerts.yml", folder)
    shipped = (_SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
    kept = shipped if broker else shipped.partition("  - job_name: rabbitmq")[0]
    for shown, here in {
        "file:///opt/renkei/ops": _SHIPPED.parent.as_uri(),
        "/var/lib/renkei/targets": str(targets.resolve()),
        "127.0.0.1:15692": broker,
    }.items():
        kept = kept.replace(shown, here)
    (folder / "prometheus.yml").write_text(kept, encoding="utf-8")
    return folder / "prometheus.yml"


class PrivatePrometheus:
    """One server. `configuration`: its prometheus.yml, beside which it looks for its rule files."""

    def __init__(self, configuration: Path, data: Path) -> None:
        self._configuration, self._data = configuration, data
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start and wait until it is ready.

        Raises:
            NodeError: it is not installed, or it ended; with the end of its log.
        """
        binary = find_binary()
        if binary is None:
            raise NodeError("Prometheus is missing. Install it (Debian: prometheus).")
        (port,) = free_ports(1)
        self._data.mkdir(parents=True, exist_ok=True)
        log = self._data / "prometheus.log"
        command = [
            str(binary),
            f"--config.file={self._configuration}",
            f"--storage.tsdb.path={self._data / 'series'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--enable-feature=exemplar-storage",
        ]
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        self.url = f"http://{LOOPBACK}:{port}"

        def ready() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise NodeError(f"Prometheus ended:\n{log.read_text(errors='replace')[-2000:]}")
            return _answers(f"{self.url}/-/ready")

        wait_until(ready, "Prometheus is ready", START_SECONDS)

    def alerts(self) -> Sequence[dict[str, Any]]:
        """Alerts that are pending or firing, as its API gives them."""
        found: Sequence[dict[str, Any]] = self._ask("/api/v1/alerts")["alerts"]
        return found

    def query(self, expression: str) -> Sequence[dict[str, Any]]:
        """What an expression gives now, as its API gives it."""
        found: Sequence[dict[str, Any]] = self._ask("/api/v1/query", query=expression)["result"]
        return found

    def exemplars(self, expression: str) -> Sequence[dict[str, Any]]:
        """Samples that lead to a trace, of the last hour, as its API gives them."""
        now = time.time()
        found = self._ask("/api/v1/query_exemplars", query=expression, start=str(now - 3600), end=str(now))
        return [each for series in found for each in series["exemplars"]]

    def stop(self) -> None:
        """End it; a second call does nothing."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _ask(self, path: str, **fields: str) -> Any:
        answer = _http.request("GET", f"{self.url}{path}", fields=fields)
        if answer.status != 200:
            raise NodeError(f"Prometheus answered {answer.status}: {answer.data.decode(errors='replace')[:200]}")
        return answer.json()["data"]


def _answers(url: str) -> bool:
    try:
        return _http.request("GET", url).status == 200
    except urllib3.exceptions.HTTPError:
        return False
