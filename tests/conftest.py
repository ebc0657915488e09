"""Fixtures for tests that need a server: each test gets a vhost or a database of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hub.sandbox import postgres as postgres_package
from hub.sandbox import rabbitmq as rabbitmq_package
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.rabbitmq import PrivateRabbit
from tests.nodes import (
    RabbitServer,
    RabbitVhost,
    new_vhost,
    nothing_found,
    postgres_server,
    rabbit_server,
)

_MARKS = {
    "rabbitmq": {"rabbit", "rabbit_vhost", "own_rabbit"},
    "postgresql": {"postgres", "postgres_url", "own_postgres"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the servers they use, so that `-m "not rabbitmq"` needs no marks by hand."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for mark, fixtures in _MARKS.items():
            if used & fixtures:
                item.add_marker(mark)


@pytest.fixture(scope="session", autouse=True)
def _apart() -> None:
    """Nothing in the environment points a hub under test to an installation; which broker to start, it may say."""
    kept = ("RENKEI_TEST_", rabbitmq_package.NAMED_BY)
    for name in [each for each in os.environ if each.startswith("RENKEI_") and not each.startswith(kept)]:
        del os.environ[name]


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitServer]:
    """One broker for the whole run. Do not stop or kill it: see `own_rabbit`."""
    with rabbit_server() as server:
        yield server


@pytest.fixture
def rabbit_vhost(rabbit: RabbitServer) -> Iterator[RabbitVhost]:
    """A fresh vhost with an administrator of its own; both are deleted afterwards."""
    with new_vhost(rabbit) as vhost:
        yield vhost


@pytest.fixture
def own_rabbit() -> Iterator[PrivateRabbit]:
    """A started private node for this test alone, which it may kill and restart (about 6 s)."""
    if rabbitmq_package.find_binary() is None:
        nothing_found("rabbitmq-server to start a private node from", "apt-get install rabbitmq-server")
    with PrivateRabbit() as node:
        yield node


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of the administrator's database on one PostgreSQL for the whole run."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """URL of a fresh, empty database; deleted afterwards, open sessions cut."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.replace("+psycopg", "", 1), autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{postgres.rpartition('/')[0]}/{name}"
        finally:
            administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def own_postgres() -> Iterator[PrivatePostgres]:
    """A started private server for this test alone, which it may kill and restart (about 1 s)."""
    if postgres_package.find_binaries() is None:
        nothing_found("PostgreSQL to start a private server from", "apt-get install postgresql")
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'hub.sqlite'}"
