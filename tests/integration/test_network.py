"""At run time a hub reaches its broker and its partners, by the addresses of its configuration, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hub.cli.demo import BrokerChoice
from hub.sandbox import rabbitmq
from hub.sandbox.demo import Run
from hub.sandbox.flows import FLOWS
from hub.sandbox.launcher import addresses
from hub.sandbox.scene import scene
from tests.nodes import nothing_found
from tests.reaches import Reach, reaches, watching

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(400)]
ROLES = ("intake", "delivery", "collect", "urgent")
MESSAGES = 20


@pytest.mark.rule("R29")
def test_the_processes_of_a_hub_reach_broker_and_partners_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a hub of all roles whose processes are watched from their first line on
    When all flows have run, with outages and a crash
    Then every connection and every name they asked for is one of the configuration's.
    """
    if rabbitmq.find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    monkeypatch.setenv("PYTHONPATH", watching(tmp_path))
    with scene(BrokerChoice.RABBITMQ.value, lambda _text: None) as here:
        settings = here.hub.app.settings
        brokers = {place(settings.amqp_url or ""), place(settings.management_url or here.broker.management_url)}
        partners = {place(url) for url in addresses(here.partners).values() if not url.startswith("file:")}
        Run(here, FLOWS, MESSAGES, lambda _what, _share: None, time.monotonic()).play()

    seen = [one for one in reaches(tmp_path) if role_of(one)]
    went = {(str(one.to[0]), one.to[1]) for one in seen if one.event != "subprocess.Popen"}
    assert went - brokers - partners == set()
    assert {role_of(one) for one in seen} == set(ROLES)
    assert went & brokers
    assert len(went & partners) > 10
    assert {one.event for one in seen} <= {"socket.connect", "socket.getaddrinfo", "subprocess.Popen"}
    # the check of the record, a command of the hub's own
    assert {str(one.to[0]) for one in seen if one.event == "subprocess.Popen"} <= {sys.executable}


def test_a_process_that_reaches_elsewhere_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what is above would show nothing."""
    monkeypatch.setenv("PYTHONPATH", watching(tmp_path))
    away = "import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.1', 443))"
    named = "import socket; socket.setdefaulttimeout(1); socket.getaddrinfo('updates.invalid', 443)"
    for code in (away, named):
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=30)

    assert {one.to for one in reaches(tmp_path)} >= {("192.0.2.1", 443), ("updates.invalid", 443)}


def place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def role_of(one: Reach) -> str:
    """Of a process of the hub; empty for those of partners and of the broker."""
    return one.argv[one.argv.index("--role") + 1] if {"run", "--role"} <= set(one.argv) else ""
