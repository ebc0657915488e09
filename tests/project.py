"""A copy of the project, to add to: its own hub, connectors and data, with the libraries the tests run with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NOT = shutil.ignore_patterns("__pycache__", "node_modules", ".*_cache")
_SUITE_SECONDS = 280


class Project:
    """Commands and tests in it import from it alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("hub", "connectors", "schemas", "mappings", "config", "tests", "ops"):
            shutil.copytree(ROOT / folder, root / folder, ignore=_NOT)
        for file in ("pyproject.toml", "README.md", "README.ja.md", "docker-compose.yml"):
            shutil.copy(ROOT / file, root / file)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("RENKEI_", "PYTEST_"))}
        return kept | {"PYTHONPATH": str(self.root), "COLUMNS": "200"}

    def renkei(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = self._run(["-m", "hub.cli", *arguments], 60)
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def passed(self, tests: Sequence[str], chosen: str) -> int:
        """Run the tests of the copy whose names hold `chosen` (as `-k`); how many there were, all of which passed."""
        options = ["-q", "-p", "no:cacheprovider", "-n", "0", "-k", chosen]
        done = self._run(["-m", "pytest", *options, *tests], _SUITE_SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        counted = re.search(r"(\d+) passed", done.stdout)
        assert counted, done.stdout
        return int(counted[1])

    def imported(self) -> Path:
        """Where the hub comes from here."""
        return Path(self._run(["-c", "import hub; print(hub.__file__)"], 60).stdout.strip())

    def _run(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )
