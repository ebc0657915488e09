"""Where the tests' servers come from, and what a test is handed.

Order: the server named in the environment, a private node of our own, a container. In CI (variable
`CI` set) a test that finds none fails; elsewhere it is skipped.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from testcontainers.core.container import DockerContainer

from hub.brokers.management import Management, ManagementError
from hub.sandbox import postgres, rabbitmq
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import PrivateRabbit

RABBITMQ_IMAGE = "rabbitmq:4.1.4-management"
POSTGRES_IMAGE = "postgres:16.10"


@dataclass(frozen=True, slots=True)
class RabbitServer:
    """A broker shared by the whole run; `node` is None where it is not a private one."""

    amqp_url: str
    management_url: str
    version: str
    node: PrivateRabbit | None


@dataclass(frozen=True, slots=True)
class RabbitVhost:
    """A vhost of one test's own, with an administrator who has every right in it."""

    amqp_url: str
    management_url: str
    vhost: str
    user: str
    password: str
    management: Management
    node: PrivateRabbit | None
    ctl: Callable[..., str] | None  # rabbitmqctl, only on a private node


@contextmanager
def rabbit_server() -> Iterator[RabbitServer]:
    """Find or start a broker."""
    if amqp_url := os.environ.get("RENKEI_TEST_AMQP_URL"):
        management_url = os.environ.get("RENKEI_TEST_MANAGEMENT_URL") or _management_beside(amqp_url)
        yield _server(amqp_url, management_url)
    elif rabbitmq.find_binary() is not None:
        with PrivateRabbit() as node:
            yield RabbitServer(node.amqp_url, node.management_url, node.version, node)
    elif _docker_runs():
        container = DockerContainer(RABBITMQ_IMAGE).with_exposed_ports(5672, 15672)
        # not "renkei": that is the hub's own user, which tests make and delete
        container.with_env("RABBITMQ_DEFAULT_USER", "renkei-admin").with_env("RABBITMQ_DEFAULT_PASS", "renkei")
        with container:
            login = f"renkei-admin:renkei@{container.get_container_host_ip()}"
            amqp, management = (container.get_exposed_port(each) for each in (5672, 15672))
            wait_until(lambda: _is_up(f"http://{login}:{management}"), "RabbitMQ in a container", 100)
            yield _server(f"amqp://{login}:{amqp}/%2F", f"http://{login}:{management}")
    else:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server, or set RENKEI_TEST_AMQP_URL")


@contextmanager
def new_vhost(server: RabbitServer) -> Iterator[RabbitVhost]:
    """Create a vhost and delete it afterwards with all in it."""
    name = f"test-{secrets.token_hex(6)}"
    password = secrets.token_hex(12)
    place = urlsplit(server.management_url)
    management_url = f"{place.scheme}://{name}:{password}@{place.hostname}:{place.port}"
    broker = urlsplit(server.amqp_url)
    amqp_url = f"{broker.scheme}://{name}:{password}@{broker.hostname}:{broker.port or 5672}/{quote(name)}"
    administrator = Management(server.management_url)
    management = Management(management_url)
    administrator.add_vhost(name, name, password)
    ctl = None if server.node is None else server.node.ctl
    try:
        yield RabbitVhost(amqp_url, management_url, name, name, password, management, server.node, ctl)
    finally:
        management.close()
        administrator.remove_vhost(name, name)
        administrator.close()


@contextmanager
def postgres_server() -> Iterator[str]:
    """Find or start a PostgreSQL; the value is the URL of an administrator's database."""
    if url := os.environ.get("RENKEI_TEST_POSTGRES_URL"):
        yield url
    elif postgres.find_binaries() is not None:
        with PrivatePostgres() as server:
            yield server.url
    elif _docker_runs():
        container = DockerContainer(POSTGRES_IMAGE).with_exposed_ports(5432)
        container.with_env("POSTGRES_USER", "renkei").with_env("POSTGRES_PASSWORD", "renkei")
        with container:
            place = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
            url = f"postgresql+psycopg://renkei:renkei@{place}/postgres"
            wait_until(lambda: _answers(url), "PostgreSQL in a container", 100)
            yield url
    else:
        nothing_found("PostgreSQL", "apt-get install postgresql, or set RENKEI_TEST_POSTGRES_URL")


def nothing_found(what: str, remedy: str) -> NoReturn:
    """End the asking test: as failed in CI, as skipped elsewhere."""
    text = f"no {what} found. {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def _server(amqp_url: str, management_url: str) -> RabbitServer:
    management = Management(management_url)
    version = str(management.call("GET", "overview")["rabbitmq_version"])
    management.close()
    return RabbitServer(amqp_url, management_url, version, None)


def _is_up(management_url: str) -> bool:
    management = Management(management_url)
    try:
        management.call("GET", "overview")
    except ManagementError:
        return False
    finally:
        management.close()
    return True


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _management_beside(amqp_url: str) -> str:
    parts = urlsplit(amqp_url)
    return f"http://{parts.username}:{parts.password}@{parts.hostname}:15672"


def _docker_runs() -> bool:
    # Asked by hand: the Docker client leaks its socket when nothing answers, and warnings are errors.
    place = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    is_local = place.scheme == "unix"
    with socket.socket(socket.AF_UNIX if is_local else socket.AF_INET) as asked:
        asked.settimeout(2)
        try:
            asked.connect(place.path if is_local else (place.hostname, place.port))
        except OSError:
            return False
    return True
