"""An installation, its doctor, and somebody who does what the doctor says."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from hub.app import App
from hub.doctor import Status, Verdict, examine
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import find_binary
from tests.installation import Installation
from tests.nodes import RabbitVhost

COMMANDS = ("renkei", "rabbitmqctl", "curl", "chmod", "sed", "sleep", "test")
BASH = "/bin/bash"
TOOLS = (find_binary() or Path()).parent


@dataclass
class Ward:
    """`lints`: with the slow part, which runs every sample and case."""

    made: Installation
    vhost: RabbitVhost
    lints: bool = False

    def verdicts(self, management_url: str | None = None) -> dict[str, Verdict]:
        app = App(self.made.root)
        try:
            with nullcontext() if self.lints else patch("hub.doctor.folders.lint", return_value=[]):
                return {one.check: one for one in examine(app, management_url or self.made.administrator)}
        finally:
            app.close()

    def ill(self) -> dict[str, Verdict]:
        """What is not well. Figures that a young broker does not tell yet are waited for."""
        found: dict[str, Verdict] = {}

        def told() -> bool:
            found.update(self.verdicts())
            return not any("does not tell" in one.found for name, one in found.items() if name != "broker.deprecated")

        wait_until(told, "the broker tells its figures", 30)
        return {name: one for name, one in found.items() if one.status is not Status.OK}

    def call(self, method: str, *path: str, **body: object) -> object:
        return self.vhost.management.call(method, *path, body=body or None)

    def obey(self, fix: str) -> int:
        """Do each line that is a command, in a shell; returns how many."""
        node = self.vhost.node
        assert node is not None
        parts = urlsplit(self.made.administrator)
        login = f"{parts.username}:{parts.password}"
        commands = [line for line in fix.splitlines() if line.split()[0] in COMMANDS]
        script = "\n".join(commands).replace("ADMIN:PASSWORD@", f"{login}@").replace("-u ADMIN ", f"-u {login} ")
        tools = f'rabbitmqctl() {{ "{TOOLS}/rabbitmqctl" "$@"; }}; renkei() {{ "{sys.executable}" -m hub.cli "$@"; }}'
        environment = node._home.environment() | {"PYTHONPATH": str(Path(__file__).parents[2])}
        # what they end with is not asked: the doctor is, afterwards
        subprocess.run([BASH, "-c", f"{tools}\n{script}"], env=environment, capture_output=True, check=False)
        return len(commands)
