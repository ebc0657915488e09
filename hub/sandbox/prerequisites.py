"""Installs the servers, tools and the browser that the tests start, where they are missing and that is possible.

Run as `python -m hub.sandbox.prerequisites`. Where nothing can be installed it says what is needed
and goes on: the tests may still find a container, and each that finds none says so itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from hub.sandbox import alertmanager, chromium, debian, postgres, prometheus, rabbitmq
from hub.sandbox.process import NodeError


def provide(name: str, given_by: str, is_there: Callable[[], bool], install: Callable[[], None]) -> None:
    """See to one server, unless the environment variable `given_by` ("" for none) names one that runs already.

    Raises:
        NodeError: the installation was tried and failed.
    """
    if (given_by and os.environ.get(given_by)) or is_there():
        return
    if debian.can_install():
        install()
    else:
        others = f", start Docker, or set {given_by}" if given_by else ""
        debian.to_stderr(f"{name} is missing: install it{others}")


def main() -> None:
    """Provide the servers, the tools and Chromium; exit code 1 if an installation failed."""
    try:
        provide(
            "RabbitMQ (Debian: rabbitmq-server)",
            "RENKEI_TEST_AMQP_URL",
            lambda: rabbitmq.find_binary() is not None,
            rabbitmq.install_debian_package,
        )
        provide(
            "PostgreSQL (Debian: postgresql)",
            "RENKEI_TEST_POSTGRES_URL",
            lambda: postgres.find_binaries() is not None,
            postgres.install_debian_package,
        )
        provide(
            "Prometheus (Debian: prometheus)",
            "",
            lambda: prometheus.find_binary() is not None,
            prometheus.install_debian_package,
        )
        provide(
            "Alertmanager (Debian: prometheus-alertmanager)",
            "",
            lambda: alertmanager.find_binary() is not None,
            alertmanager.install_debian_package,
        )
        provide(
            "amqp-publish (Debian: amqp-tools)",
            "",
            lambda: shutil.which("amqp-publish") is not None,
            lambda: debian.install(["amqp-tools"], []),
        )
        provide(
            "sqlite3 (Debian: sqlite3)",
            "",
            lambda: shutil.which("sqlite3") is not None,
            lambda: debian.install(["sqlite3"], []),
        )
        provide(
            "systemd-analyze (Debian: systemd)",
            "",
            lambda: shutil.which("systemd-analyze") is not None,
            lambda: debian.install(["systemd"], []),
        )
        provide(
            "Chromium (Debian: chromium, fonts-noto-cjk)",
            "",
            lambda: chromium.find_binary() is not None,
            chromium.install_debian_packages,
        )
    except NodeError as error:
        debian.to_stderr(f"error: {error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
