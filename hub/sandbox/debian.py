"""Installing a Debian package without letting it start its service.

For machines that are set up by the project's own commands: a fresh Debian where the caller is root.
Nothing here runs unless asked, and what it is about to do is said first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.sandbox.process import NodeError

POLICY = Path("/usr/sbin/policy-rc.d")
APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]


def to_stderr(line: str) -> None:
    """Write one line to standard error: standard output belongs to a command's result."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def can_install() -> bool:
    """Tell whether this process may install Debian packages."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(packages: Sequence[str], services: Sequence[str], log: Callable[[str], None] = to_stderr) -> None:
    """Install packages; their services are neither started now nor at the next boot.

    Raises:
        NodeError: the caller is not root on Debian, or apt-get failed (its output is in the text).
    """
    names = " ".join(packages)
    if not can_install():
        raise NodeError(f"{names} is missing. Install it with the system's package manager.")
    log(f"installing {names} with apt-get (its service is not started) ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        _run([*APT, "update"], environment)
        _run([*APT, "install", "-y", "--no-install-recommends", *packages], environment)
    for service in services:
        _keep_off(service, environment)


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Deny service starts by package scripts; a policy that was there before is put back."""
    saved = POLICY.with_name("policy-rc.d.before-renkei")
    if POLICY.exists():
        POLICY.rename(saved)
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        if saved.exists():
            saved.rename(POLICY)


def _keep_off(service: str, environment: dict[str, str]) -> None:
    if Path("/etc/init.d", service).exists():
        _run(["update-rc.d", service, "disable"], environment)
    elif shutil.which("systemctl") is not None:
        _run(["systemctl", "--quiet", "disable", service], environment)


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise NodeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
