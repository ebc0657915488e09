"""Node packages for a test: installed from a lock file into a folder of the test's own, without their scripts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.nodes import nothing_found

INSTALL_SECONDS = 240


def install(source: Path, target: Path) -> Path:
    """Copy `source` (package.json, package-lock.json, …) to `target` and install there what the lock names."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        nothing_found("Node.js with npm", "install Node.js 20 or later")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],  # noqa: S607 - as the machine finds it
        cwd=target,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target
