"""The engine on both brokers, and an installation of processes on the real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import Engine, built
from tests.installation import Installation, installation
from tests.nodes import RabbitServer, RabbitVhost


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path, monkeypatch)


@pytest.fixture
def installed(rabbit: RabbitServer, rabbit_vhost: RabbitVhost, tmp_path: Path) -> Iterator[Installation]:
    """An empty home and an empty vhost; the broker users it makes are deleted afterwards."""
    with installation(tmp_path / "home", rabbit_vhost.amqp_url, rabbit.management_url) as made:
        yield made


@pytest.fixture
def applied(installed: Installation) -> Installation:
    """Initialised and applied as the README says."""
    installed.init()
    installed.apply()
    return installed
