"""The sandbox as an upstream team has it: samples to publish with a client of its own, answers, partners that fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest

from hub.sandbox import rabbitmq
from hub.sandbox.process import wait_until
from tests.nodes import nothing_found

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
START_SECONDS = 120.0


class Sandbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RENKEI_")}
        self._environment = environment | {"TMPDIR": str(folder)}
        with (folder / "err.txt").open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "sandbox", "start", "--folder", str(folder), "--broker", "rabbitmq"],
                env=self._environment,
                stderr=errors,
            )
        wait_until(self._ready, "the sandbox is ready", START_SECONDS)
        self.note: dict[str, Any] = json.loads((folder / "sandbox.json").read_text())

    def _ready(self) -> bool:
        text = (self.folder / "err.txt").read_text()
        assert self.process.poll() is None, text
        return text.endswith("ready\n")

    def renkei(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hub.cli", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)

    def publish(self, partner: str, type: str) -> str:
        """With plain pika, as the sample says; returns the id."""
        sample = self.folder / "samples" / partner / f"{type}.xml"
        said, message_id = json.loads(sample.with_suffix(".json").read_text()), str(uuid4())
        connection = pika.BlockingConnection(pika.URLParameters(self.note["publish_to"][partner]))
        channel = connection.channel()
        channel.confirm_delivery()
        headers = {"version": said["version"], "purpose": said["purpose"]}
        properties = pika.BasicProperties(message_id=message_id, type=type, headers=headers, delivery_mode=2)
        channel.basic_publish("intake", f"{partner}.{type}", sample.read_bytes(), properties, mandatory=True)
        connection.close()
        return message_id

    def state(self, message_id: str, hop: str) -> str | None:
        told = self.renkei("--home", self.note["home"], "status", message_id, "--json")
        places = json.loads(told.stdout) if told.returncode == 0 else []
        return next((each["state"] for each in places if each["hop"] == hop), None)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    if rabbitmq.find_binary() is None:
        nothing_found("rabbitmq-server", "apt-get install rabbitmq-server")
    made = Sandbox(tmp_path)
    yield made
    made.stop()
    assert not (tmp_path / "sandbox.json").exists()


def test_a_team_publishes_a_sample_hears_of_it_and_makes_a_partner_fail(sandbox: Sandbox) -> None:
    # Given: one sample of each type a partner may publish here
    samples = {path.parent.name for path in sandbox.folder.glob("samples/*/*.xml")}
    assert {"resident_registry", "welfare"} <= samples

    # When: one is published while a partner fails
    own, hop = ("--folder", str(sandbox.folder)), "delivery.integration_platform"
    assert sandbox.renkei("sandbox", "fail", "integration_platform", "503", *own).returncode == 0
    sent = sandbox.publish("resident_registry", "resident_registry.change")

    # Then: it waits, and arrives when the partner works again
    wait_until(lambda: sandbox.state(sent, hop) == "waiting", "it waits", 60)
    assert sandbox.renkei("sandbox", "heal", "integration_platform", *own).returncode == 0
    wait_until(lambda: sandbox.state(sent, hop) == "delivered", "it is delivered", 120)


def test_what_cannot_be_asked_of_it_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = str(sandbox.folder)
    for words, expected in (
        (("fail", "nobody", "503", "--folder", folder), "no such partner"),
        (("fail", "pmh", "sideways", "--folder", folder), "unknown mode"),
        (("fail", "pmh", "503", "--folder", str(tmp_path / "elsewhere")), "no sandbox runs"),
    ):
        done = sandbox.renkei("sandbox", *words)
        assert done.returncode != 0
        assert expected in done.stdout + done.stderr
