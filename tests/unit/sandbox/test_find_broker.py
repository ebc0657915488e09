"""The order in which a broker is looked for. What is started is replaced; what is chosen is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub.sandbox import debian, docker, find_broker, rabbitmq
from hub.sandbox.find_broker import Choice, Found, found
from hub.sandbox.process import NodeError


@dataclass
class Machine:
    """What this machine has, and what was done to it."""

    has_binary: bool = False
    has_docker: bool = False
    can_install: bool = False
    install_works: bool = True
    done: list[str] = field(default_factory=list)

    def install(self, _log: object) -> None:
        self.done.append("installed")
        if not self.install_works:
            raise NodeError("apt-get failed")
        self.has_binary = True


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    here = Machine()

    @contextmanager
    def started(kind: str) -> Iterator[SimpleNamespace]:
        here.done.append(kind)
        yield SimpleNamespace(
            amqp_url="amqp://here", management_url="http://here", metrics_address="127.0.0.1:1", directory=Path("data")
        )
        here.done.append(f"{kind} ended")

    monkeypatch.setattr(rabbitmq, "find_binary", lambda: "binary" if here.has_binary else None)
    monkeypatch.setattr(rabbitmq, "install_debian_package", here.install)
    monkeypatch.setattr(docker, "answers", lambda: here.has_docker)
    monkeypatch.setattr(debian, "can_install", lambda: here.can_install)
    monkeypatch.setattr(find_broker, "ContainerRabbit", lambda: started("container"))
    monkeypatch.setattr(find_broker, "PrivateRabbit", lambda: started("node"))
    monkeypatch.setattr(find_broker, "_described", lambda amqp, api: Found("rabbitmq", "4.1.4", amqp, api))
    monkeypatch.setattr(find_broker, "_own_vhost", lambda url, api: started(f"vhost at {url}, {api}"))
    return here


def look(choice: Choice, **environ: str) -> tuple[object, list[str]]:
    said: list[str] = []
    with found(choice, environ, said.append) as broker:
        return broker, said


def test_a_named_broker_comes_first(machine: Machine) -> None:
    machine.has_binary = machine.has_docker = True
    look("auto", RENKEI_AMQP_URL="amqp://u:p@elsewhere:5672/%2F")
    assert machine.done[0] == "vhost at amqp://u:p@elsewhere:5672/%2F, http://u:p@elsewhere:15672"


def test_an_installed_broker_comes_before_docker(machine: Machine) -> None:
    machine.has_binary = machine.has_docker = machine.can_install = True
    look("auto")
    assert machine.done == ["node", "node ended"]


def test_docker_comes_before_installing(machine: Machine) -> None:
    machine.has_docker = machine.can_install = True
    look("auto")
    assert machine.done == ["container", "container ended"]


def test_then_the_package_is_installed(machine: Machine) -> None:
    machine.can_install = True
    look("auto")
    assert machine.done == ["installed", "node", "node ended"]


@pytest.mark.parametrize("can_install", [False, True])
def test_the_last_resort_says_loudly_that_nothing_survives(machine: Machine, can_install: bool) -> None:
    machine.can_install, machine.install_works = can_install, False
    broker, said = look("auto")
    assert isinstance(broker, Found)
    assert (broker.name, broker.survives) == ("memory", False)
    assert any("WARNING" in line and "Nothing survives" in line for line in said)


def test_asked_for_rabbitmq_it_never_falls_back(machine: Machine) -> None:
    with pytest.raises(NodeError, match="rabbitmq-server"):
        look("rabbitmq")
    machine.can_install, machine.install_works = True, False
    with pytest.raises(NodeError, match="apt-get"):
        look("rabbitmq")


def test_asked_for_memory_it_takes_nothing_else(machine: Machine) -> None:
    machine.has_binary = True
    broker, _ = look("memory", RENKEI_AMQP_URL="amqp://elsewhere")
    assert isinstance(broker, Found) and broker.name == "memory"
    assert machine.done == []


def test_asked_for_docker_it_starts_a_container(machine: Machine) -> None:
    machine.has_binary = True
    look("docker")
    assert machine.done == ["container", "container ended"]
