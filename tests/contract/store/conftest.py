"""The store on each database. Tests share a database and have a tenant of their own: that is what tenants are for."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hub.store import SqlStore, migrate
from tests.audit import audit_key
from tests.contract.store.samples import new_id

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def sqlite_shared(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'hub.db'}"
    migrate(url)
    return url


@pytest.fixture(scope="session")
def postgresql_shared(postgres: str) -> Iterator[str]:
    with psycopg.connect(postgres.replace("+psycopg", "", 1), autocommit=True) as administrator:
        name = f"test_store_{secrets.token_hex(6)}"
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = f"{postgres.rpartition('/')[0]}/{name}"
        migrate(url)
        yield url
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=DATABASES)
def shared_url(request: pytest.FixtureRequest) -> str:
    """A migrated database others use as well."""
    return str(request.getfixturevalue(f"{request.param}_shared"))


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database of this test's own, with nothing in it."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


@pytest.fixture
def new_store(shared_url: str) -> Iterator[Callable[[], SqlStore]]:
    """Makes stores, each for a tenant of its own."""
    made: list[SqlStore] = []

    def make() -> SqlStore:
        made.append(SqlStore(shared_url, f"synthetic {new_id()}", audit_key))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], SqlStore]) -> SqlStore:
    return new_store()


@pytest.fixture
def sqlite_file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))
