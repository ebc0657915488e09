"""The commands of a runbook, as its page has them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

OPS = Path(__file__).resolve().parents[1] / "ops"
_SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 120


class Runbook:
    """One page below ops/, read a block at a time."""

    def __init__(self, page: str) -> None:
        self.page = page
        sections = _SECTION.findall((OPS / page).read_text(encoding="utf-8"))
        self._left = {title: blocks for title, text in sections if (blocks := _BLOCK.findall(text))}

    def next(self, section: str, environment: Mapping[str, str], *expect: int) -> str:
        """Run the section's next block as a shell does that stops at the first failure. Returns what it printed.

        `expect`: exit codes it may have, 0 where none is given.
        """
        script = self._left[section].pop(0)
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        told = f"{self.page}, {section!r} ended with {done.returncode}\n{script}\n{done.stdout}\n{done.stderr}"
        assert done.returncode in (expect or (0,)), told
        return done.stdout

    def skip(self, section: str) -> None:
        """Leave out the section's next block, as the page says for the other case."""
        self._left[section].pop(0)

    def left(self) -> list[str]:
        """Blocks that were not run."""
        return [block for blocks in self._left.values() for block in blocks]
