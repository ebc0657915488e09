"""A hub of processes between a sender and the two partners of F2, on a broker and a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.sandbox import launcher
from hub.sandbox.rabbitmq import PrivateRabbit
from tests.faults.scene import Scene
from tests.installation import installation
from tests.nodes import RabbitServer, RabbitVhost

PARTNERS = ("integration_platform", "welfare")


@contextmanager
def scene_on(root: Path, amqp_url: str, administrator: str, store_url: str = "") -> Iterator[Scene]:
    """Partners started, hub initialised and applied, not started."""
    partners = launcher.launch(PARTNERS, root / "partners")
    try:
        with installation(root / "home", amqp_url, administrator) as hub:
            scene = Scene(hub, partners)
            scene.set_up(store_url)
            yield scene
    finally:
        launcher.stop_all(partners.values())


@pytest.fixture
def scene(rabbit: RabbitServer, rabbit_vhost: RabbitVhost, tmp_path: Path) -> Iterator[Scene]:
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url) as made:
        yield made


@pytest.fixture
def postgres_scene(
    rabbit: RabbitServer, rabbit_vhost: RabbitVhost, postgres_url: str, tmp_path: Path
) -> Iterator[Scene]:
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url, postgres_url) as made:
        yield made


@pytest.fixture
def mortal_scene(own_rabbit: PrivateRabbit, tmp_path: Path) -> Iterator[tuple[Scene, PrivateRabbit]]:
    """On a broker that the test may kill."""
    with scene_on(tmp_path, own_rabbit.amqp_url, own_rabbit.management_url) as made:
        yield made, own_rabbit
