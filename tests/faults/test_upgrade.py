"""The runbook of upgrades as it stands in ops/runbooks, run on real parts: an older schema, and a newer broker."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from hub.app import App
from hub.ports.store import DeadFilter
from hub.sandbox import rabbitmq
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import (
    DEAD_QUEUE,
    MUNICIPALITY_EXCHANGE,
    delivery_queue,
    door_queue,
    retry_name,
    tier_ms,
)
from tests.faults.conftest import scene_on
from tests.faults.older import as_of
from tests.faults.scene import Scene
from tests.faults.test_runbooks import fail_one
from tests.installation import TIERS, HubProcess, edit_settings
from tests.nodes import RabbitServer, RabbitVhost, nothing_found
from tests.runbooks import Runbook

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(400)]
PAGE = "runbooks/upgrade.md"
OLDER = "0017"
MESSAGES = 30
TIER = "30s"
MARK = "of-a-test"
SLOWEST = "integration_platform"
SENDER = "resident_registry"
_OF_THE_BROKER = ("x-delivery-count", "x-acquired-count")
Held = dict[str, Counter[tuple[bytes, str, str]]]


def shell(scene: Scene, **more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return scene.hub.environment(PATH=path, RENKEI_HOME=str(scene.hub.root), **more)


def work_in_progress(scene: Scene, process: HubProcess, tier: str = "") -> None:
    """End the process in mid-run: messages in the door, in a queue of delivery, and in a tier where one is named."""
    scene.slow(0.3)
    scene.publish(MESSAGES)
    scene.await_effects(MESSAGES // 3)
    if tier:
        for partner in scene.partners.values():
            partner.mode("429", times=1, retry_after=tier_ms(tier) // 1000)
        wait_until(lambda: scene.hub.app.broker.depth(retry_name(tier)) > 0, "one waits to be sent again", 30)
        scene.slow(0.3)
    assert process.stop() == 0
    scene.publish(MESSAGES)
    queues = [door_queue(SENDER), delivery_queue(SLOWEST), *([retry_name(tier)] if tier else [])]
    waiting = {name: scene.hub.app.broker.depth(name) for name in queues}
    assert all(waiting.values()), f"nothing waits on the broker: {waiting}"
    scene.slow(0)


def replay_all(scene: Scene) -> None:
    for letter in scene.hub.json("dead", "list"):
        scene.hub.renkei("dead", "replay", str(letter["id"]), "--yes", "--reason", "after the upgrade")


# --- the hub ---


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """(where the hub works, where its rows stand under the older schema afterwards)."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'worked.db'}", f"sqlite:///{tmp_path / 'older.db'}"
    server = request.getfixturevalue("own_postgres")
    worked, older = (server.create_database(name) for name in ("worked", "older"))
    return worked, older


def test_from_an_older_schema(
    rabbit: RabbitServer, rabbit_vhost: RabbitVhost, stores: tuple[str, str], tmp_path: Path
) -> None:
    page = Runbook(PAGE)
    worked, older = stores
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url, worked) as scene:
        # Given: a home of an older version, with work behind it, dead letters, and work that waits
        process = scene.hub.run()
        fail_one(scene)
        work_in_progress(scene, process)
        letters = scene.hub.json("dead", "list")
        environment = shell(scene, ADMIN=rabbit.management_url)
        page.next("The hub", environment)
        scene.hub.app.close()
        as_of(OLDER, worked, older)
        edit_settings(scene.hub, worked, older)
        scene.hub.app = App(scene.hub.root)
        code = scene.hub.app.settings.tenant
        for exchange in (MUNICIPALITY_EXCHANGE, f"{MUNICIPALITY_EXCHANGE}.{code}"):
            rabbit_vhost.management.call("DELETE", "exchanges", rabbit_vhost.vhost, exchange)
        assert "renkei migrate" in scene.hub.renkei("dead", "list", expect=4).stderr

        # When
        plan = page.next("The hub", environment)
        assert MUNICIPALITY_EXCHANGE in plan
        page.next("The hub", environment)

        # Then: what failed before is there, also by what only the newer schema keeps, and the rest goes on
        assert scene.hub.json("dead", "list") == letters
        kept = scene.hub.app.store.dead_letters(DeadFilter())
        hashes = tuple({alias.hash for one in kept for person in one.persons for alias in person.aliases})
        assert hashes
        assert scene.hub.app.store.dead_letters(DeadFilter(persons=hashes)) == kept
        again = scene.hub.run()
        replay_all(scene)
        scene.await_rest()
        page.next("The hub", environment)
        assert again.stop() == 0
        scene.judge()


# --- the broker ---


@contextmanager
def channel(node: PrivateRabbit) -> Iterator[BlockingChannel]:
    """As the administrator. What is taken and not acked goes back."""
    connection = pika.BlockingConnection(pika.URLParameters(node.amqp_url))
    try:
        yield connection.channel()
    finally:
        connection.close()


def let_one_die(opened: BlockingChannel, queue: str) -> None:
    """The broker itself gives one up, as after so many crashes of a consumer."""

    def depth(name: str) -> int:
        return int(opened.queue_declare(name, passive=True).method.message_count)

    method, _properties, _body = opened.basic_get(queue)
    while opened.basic_get(queue)[0]:
        pass  # held, so that only the first is handed out again
    while method:
        opened.basic_nack(method.delivery_tag, requeue=True)
        wait_until(lambda: depth(queue) + depth(DEAD_QUEUE) > 0, "it is back, or dead", 20)
        method, _properties, _body = opened.basic_get(queue)
    assert depth(DEAD_QUEUE) == 1


def fill_the_rest(opened: BlockingChannel, scene: Scene) -> None:
    """A message of the test's own in each queue that has none."""
    opened.confirm_delivery()
    for queue in names(scene):
        if opened.queue_declare(queue, passive=True).method.message_count == 0 and not queue.startswith("retry."):
            properties = pika.BasicProperties(message_id=queue, headers={MARK: 1}, delivery_mode=2)
            opened.basic_publish("", queue, b"of a test", properties, mandatory=True)


def taken(opened: BlockingChannel, queue: str) -> Iterator[tuple[Any, pika.BasicProperties, bytes]]:
    """All that lies there, not acked. As a consumer: `basic.get` is refused where one process at a time may read."""
    left = opened.queue_declare(queue, passive=True).method.message_count
    if left:
        for method, properties, body in opened.consume(queue, inactivity_timeout=20):
            assert method is not None, f"{left} messages of {queue} were not handed out"
            yield method, properties, body
            left -= 1
            if not left:
                break
        opened.cancel()


def take_marks(opened: BlockingChannel, scene: Scene) -> None:
    for queue in names(scene):
        for method, properties, _body in taken(opened, queue):
            if MARK in (properties.headers or {}):
                opened.basic_ack(method.delivery_tag)


def names(scene: Scene) -> list[str]:
    return [queue.name for queue in scene.hub.app.topology.queues]


def held(node: PrivateRabbit, scene: Scene) -> Held:
    """All that lies in each queue; a waiting retry counts where it comes home to."""
    found: Held = {queue: Counter() for queue in names(scene) if not queue.startswith("retry.")}
    with channel(node) as opened:
        for queue in names(scene):
            for method, properties, body in taken(opened, queue):
                place = method.routing_key if queue.startswith("retry.") else queue
                told = {
                    name: value
                    for name, value in (properties.headers or {}).items()
                    if name not in _OF_THE_BROKER and (queue == DEAD_QUEUE or "death" not in name)
                }
                found[place][body, str(properties.message_id), repr(sorted(told.items()))] += 1
    return found


def on(node: PrivateRabbit, folder: Path, programs: Path) -> str:
    """A command that runs what follows it on the node's host."""
    script = folder / "on-new"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in node._home.environment().items()]
    script.write_text("\n".join(["#!/bin/sh", *lines, f'PATH="{programs}:$PATH" exec "$@"', ""]))
    script.chmod(0o700)
    return str(script)


@pytest.fixture
def brokers() -> Iterator[tuple[PrivateRabbit, PrivateRabbit]]:
    """This host's RabbitMQ and a newer one."""
    named = os.environ.get(rabbitmq.NAMED_BY)
    if not named:
        nothing_found("newer RabbitMQ", f"export {rabbitmq.NAMED_BY}=$(ops/rabbitmq4)")
    assert rabbitmq.DEBIANS.exists()
    with PrivateRabbit(binary=rabbitmq.DEBIANS) as old, PrivateRabbit(binary=Path(named)) as new:
        assert old.version.startswith("3.") and new.version.startswith("4."), (old.version, new.version)
        yield old, new


def test_to_a_new_broker(brokers: tuple[PrivateRabbit, PrivateRabbit], tmp_path: Path) -> None:
    page = Runbook(PAGE)
    old, new = brokers
    with scene_on(tmp_path, old.amqp_url, old.management_url) as scene:
        # Given: something in every queue, and nothing at rest
        edit_settings(scene.hub, f'"{TIERS[-1]}"', f'"{TIERS[-1]}", "{TIER}"')
        scene.hub.app = App(scene.hub.root)
        scene.hub.apply()
        process = scene.hub.run()
        fail_one(scene)
        work_in_progress(scene, process, TIER)
        with channel(old) as opened:
            let_one_die(opened, delivery_queue(SLOWEST))
            fill_the_rest(opened, scene)
        before = held(old, scene)
        assert all(before.values()), {place for place, messages in before.items() if not messages}

        # When
        scene.hub.app.close()
        place = new.amqp_url.rpartition("@")[2].partition("/")[0]
        environment = shell(
            scene,
            OLD=old.management_url,
            NEW=new.management_url,
            OLD_AMQP=old.amqp_url.removesuffix("/%2F"),
            VHOST="%2F",
            AMQP_URL=f"amqp://{place}/%2F",
            MANAGEMENT_URL=f"http://{new.management_url.rpartition('@')[2]}",
            ON_NEW=on(new, tmp_path, Path(os.environ[rabbitmq.NAMED_BY]).parent),
        )
        for _ in range(5):
            page.next("The broker", environment)

        # Then: all that was there is here, as it was
        scene.hub.move(environment["AMQP_URL"], new.management_url)
        assert held(new, scene) == before

        # And when the hub goes on, every partner has everything once and in order
        with channel(new) as opened:
            take_marks(opened, scene)
        again = scene.hub.run()
        scene.publish(MESSAGES)
        wait_until(lambda: len(scene.hub.json("dead", "list")) == 2, "the broker's dead letter is imported", 60)
        replay_all(scene)
        scene.await_rest()
        page.next("The broker", environment)
        assert again.stop() == 0
        scene.judge()
        assert page.left() != []  # those of the hub
