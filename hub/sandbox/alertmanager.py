"""A private Alertmanager on loopback, for tests: found, installed on Debian where asked, started, ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hub.sandbox import debian
from hub.sandbox.own_server import OwnServer
from hub.sandbox.process import NodeError

_NAMES = ("prometheus-alertmanager", "alertmanager")  # Debian's, and its makers'


def find_binary() -> Path | None:
    """Find it, None where it is not installed."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def install_debian_package(log: Callable[[str], None] = debian.to_stderr) -> None:
    """Install it, with amtool, from Debian without starting a system server. Raises NodeError."""
    debian.install(["prometheus-alertmanager"], ["prometheus-alertmanager"], log)


class PrivateAlertmanager(OwnServer):
    """One server that is a member of no cluster. `configuration`: its alertmanager.yml."""

    def __init__(self, configuration: Path, data: Path) -> None:
        """Raises NodeError: it is not installed."""
        binary = find_binary()
        if binary is None:
            raise NodeError("Alertmanager is missing. Install it (Debian: prometheus-alertmanager).")

        def command(address: str) -> list[str]:
            return [
                str(binary),
                f"--config.file={configuration}",
                f"--storage.path={data / 'notices'}",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ]

        super().__init__("alertmanager", data, command)
