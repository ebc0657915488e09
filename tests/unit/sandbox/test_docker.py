"""The docker command line, with a stand-in for the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.sandbox import docker
from hub.sandbox.docker import ContainerRabbit
from hub.sandbox.process import NodeError

COMMAND = """#!/bin/sh
echo "$*" >>"{log}"
case $1 in
  version) [ -e "{engine}" ] && echo 28.2.2 || {{ echo "Cannot connect to the Docker daemon" >&2; exit 1; }} ;;
  run) [ -n "$RABBITMQ_DEFAULT_PASS" ] && echo f00d || exit 1 ;;
  port) echo "127.0.0.1:2${{3%/tcp}}" ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in's log; the engine answers while the file `engine` is beside it."""
    command = tmp_path / "docker"
    command.write_text(COMMAND.format(log=tmp_path / "log", engine=tmp_path / "engine"))
    command.chmod(0o755)
    (tmp_path / "engine").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "log"


def test_an_engine_that_does_not_answer_is_no_docker(engine: Path) -> None:
    assert docker.answers()
    engine.with_name("engine").unlink()
    assert not docker.answers()


def test_no_command_is_no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not docker.answers()
    with pytest.raises(NodeError, match="docker not found"):
        ContainerRabbit().start()


def test_a_container_listens_on_loopback_and_is_removed(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(ContainerRabbit, "_is_ready", lambda _self: True)

    # When
    with ContainerRabbit() as container:
        urls = container.amqp_url, container.management_url

    # Then
    assert urls[0].endswith("@127.0.0.1:25672/%2F")
    assert urls[1].endswith("@127.0.0.1:215672")
    run, *_, last = engine.read_text().splitlines()
    assert "--publish 127.0.0.1::5672" in run
    assert container._password not in run
    assert last == "rm --force --volumes f00d"


def test_a_container_that_does_not_come_up_is_removed(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContainerRabbit, "_is_ready", lambda _self: False)
    monkeypatch.setattr(docker, "START_SECONDS", 0.1)
    with pytest.raises(NodeError, match=r"0\.1 s"):
        ContainerRabbit().start()
    assert engine.read_text().splitlines()[-1].startswith("rm --force")
