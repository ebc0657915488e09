"""Runbooks as they stand in ops/runbooks, run on real parts: what they promise is what the partners' ledgers say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from hub.app import App
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.process import wait_until
from hub.topology import delivery_queue, door_queue
from tests.faults.conftest import scene_on
from tests.faults.scene import Scene
from tests.nodes import RabbitServer, RabbitVhost
from tests.runbooks import Runbook

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(400)]
MESSAGES = 40


def fail_one(scene: Scene) -> None:
    """One change that a partner refuses."""
    scene.partners["welfare"].mode("400", times=1)
    scene.publish(1, seed=4)
    wait_until(lambda: len(scene.hub.json("dead", "list")) == 1, "it is a dead letter", 60)


def test_backup_and_restore(
    rabbit: RabbitServer, rabbit_vhost: RabbitVhost, own_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    page = Runbook("runbooks/backup.md")
    old, new = (own_postgres.create_database(name).replace("+psycopg", "") for name in ("renkei", "restored"))
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url, old) as scene:
        # Given: something that failed, and work that has not come to its end
        process = scene.hub.run()
        fail_one(scene)
        scene.slow(0.3)
        scene.publish(MESSAGES)
        scene.await_effects(MESSAGES // 4)
        assert process.stop() == 0
        scene.publish(MESSAGES)
        queues = [door_queue("resident_registry"), delivery_queue("integration_platform")]
        waiting = {name: scene.hub.app.broker.depth(name) for name in queues}
        assert all(waiting.values()), f"nothing waits on the broker: {waiting}"
        letter = scene.hub.json("dead", "list")

        # When: all but the broker is lost, and comes from the backups
        for name in ("backup", "keys_backup"):
            (tmp_path / name).mkdir()
        shell = scene.hub.environment(
            PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin",
            RENKEI_HOME=str(scene.hub.root),
            DATABASE=old,
            BACKUP=str(tmp_path / "backup"),
            KEYS_BACKUP=str(tmp_path / "keys_backup"),
            ADMIN=rabbit.management_url,
        )
        page.next("Back up", shell)
        assert not any(b"master.key" in file.read_bytes() for file in (tmp_path / "backup").iterdir())
        scene.hub.close()
        own_postgres.drop_database("renkei")
        shutil.rmtree(scene.hub.root)
        shell["DATABASE"] = new
        page.next("Restore", shell)
        page.next("Restore", shell)
        scene.hub.app = App(scene.hub.root)

        # Then: what waits for people is there and can be opened
        assert scene.hub.json("dead", "list") == letter
        again = scene.hub.run()
        number = str(letter[0]["id"])
        scene.hub.renkei("dead", "replay", number, "--yes", "--reason", "the partner works again")
        scene.await_rest()
        page.next("Restore", shell)
        assert again.stop() == 0
        scene.judge()
        assert page.left() == []
