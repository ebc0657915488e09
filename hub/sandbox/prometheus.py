"""A private Prometheus on loopback, for tests and the demo: found, installed on Debian where asked, started, ended."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.sandbox import debian
from hub.sandbox.own_server import OwnServer, http
from hub.sandbox.process import NodeError

_SHIPPED = Path(__file__).resolve().parents[2] / "ops" / "prometheus"  # in a checkout; a wheel does not carry it


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


def configured(targets: Path, folder: Path, broker: str = "", alertmanager: str = "") -> Path:
    """The shipped configuration in a folder of its own.

    `targets`: where the processes announce themselves; `broker`: host and port of RabbitMQ's own metrics, without which
    its jobs are left out; `alertmanager`: host and port of it, without which nobody is told.
    """
    for one in (folder, targets):  # Prometheus watches a folder that is there when it starts
        one.mkdir(parents=True, exist_ok=True)
    shutil.copy(_SHIPPED / "alerts.yml", folder)
    shipped = (_SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
    kept = shipped if broker else shipped.partition("  - job_name: rabbitmq")[0]
    before, _, after = kept.partition("alerting:")
    kept = kept if alertmanager else before + after[after.index("rule_files:") :]
    for shown, here in {
        "file:///opt/renkei/ops": _SHIPPED.parent.as_uri(),
        "/var/lib/renkei/targets": str(targets.resolve()),
        "127.0.0.1:15692": broker,
        "127.0.0.1:9093": alertmanager,
    }.items():
        kept = kept.replace(shown, here)
    (folder / "prometheus.yml").write_text(kept, encoding="utf-8")
    return folder / "prometheus.yml"


class PrivatePrometheus(OwnServer):
    """One server. `configuration`: its prometheus.yml, beside which it looks for its rule files."""

    def __init__(self, configuration: Path, data: Path) -> None:
        """Raises NodeError: it is not installed."""
        binary = find_binary()
        if binary is None:
            raise NodeError("Prometheus is missing. Install it (Debian: prometheus).")

        def command(address: str) -> list[str]:
            return [
                str(binary),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={data / 'series'}",
                f"--web.listen-address={address}",
                "--enable-feature=exemplar-storage",
            ]

        super().__init__("prometheus", data, command)

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

    def _ask(self, path: str, **fields: str) -> Any:
        answer = http.request("GET", f"{self.url}{path}", fields=fields)
        if answer.status != 200:
            raise NodeError(f"Prometheus answered {answer.status}: {answer.data.decode(errors='replace')[:200]}")
        return answer.json()["data"]
