"""A private broker and an installation of the hub beside it, for one bench; all ends with the context.

The hub's door is the resident registry's. In this installation it sends resident changes and nothing else: with
messages that keep their order, as shipped, one process at a time would take its door in, and several could not be
measured. What else it may send, another partner sends here. Unless `answers`, the registry is not told what became of
what it sent: the peers tell nobody either.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4

import pika

from hub.app import App
from hub.brokers.administration import Administration
from hub.brokers.management import Management
from hub.brokers.rabbit import RabbitBroker
from hub.installation import init_home, passwords
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import Topology, delivery_queue, door_queue

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "schemas/resident_registry.change/v1/valid/move-in.xml"
PARTNER, OTHER = "resident_registry", "other_registry"
DOOR, TARGET = door_queue(PARTNER), delivery_queue("integration_platform")
BARE_SOURCE, BARE_TARGET = "bench.source", "bench.target"
KEY = f"{PARTNER}.resident_registry.change"
Kind = Literal["classic", "quorum"]


@dataclass(frozen=True)
class Place:
    node: PrivateRabbit
    app: App
    broker: RabbitBroker
    management: Management

    @property
    def environment(self) -> dict[str, str]:
        """For the hub's processes, and for the peers, which have all rights."""
        return {**os.environ, "BENCH_AMQP_URL": self.node.amqp_url}

    def hub(self, role: str = "intake") -> list[str]:
        root = str(self.app.home.root)
        return [sys.executable, "-m", "hub.cli", "--home", root, "--log-level", "error", "run", "--role", role]

    def database_bytes(self) -> int:
        """With the write-ahead log, which holds what is not in the file yet."""
        database = self.app.home.database
        return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))

    def purge(self, *queues: str) -> None:
        for queue in queues:
            self.management.call("DELETE", "queues", "/", queue, "contents")

    def consumers(self, queue: str) -> int:
        with pika.BlockingConnection(pika.URLParameters(self.node.amqp_url)) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.consumer_count)

    def publish(self, batch: list[Outgoing]) -> None:
        for start in range(0, len(batch), 500):
            assert set(self.broker.publish(batch[start : start + 500])) == {PublishOutcome.CONFIRMED}

    def fill_door(self, count: int) -> None:
        self.publish([letter("intake", KEY, number) for number in range(1, count + 1)])

    def fill_bare(self, count: int) -> None:
        self.publish([letter("", BARE_SOURCE, number) for number in range(1, count + 1)])


def letter(exchange: str, key: str, number: int) -> Outgoing:
    """A change of the `number`th resident."""
    body = SAMPLE.read_text().replace("000000000000101", f"{number:015d}", 1).encode()
    headers = {"purpose": "resident.change"}
    return Outgoing(
        exchange, key, body, Properties(message_id=str(uuid4()), type="resident_registry.change", headers=headers)
    )


@contextmanager
def place(kind: Kind, *, answers: bool = False, plugins: tuple[str, ...] = (), more: str = "") -> Iterator[Place]:
    """`classic`: the hub's queues declared as such, without its policies, so its promises are weaker: what the broker
    would dead-letter is lost, and a node that is lost takes its queues along. For comparison only.

    `more`: further lines of hub.toml."""
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as folder:
        node = PrivateRabbit()
        names = ",".join(("rabbitmq_management", "rabbitmq_prometheus", *plugins))
        (node.directory / "enabled_plugins").write_text(f"[{names}].\n")
        with node:
            app, management = App(Path(folder) / "home"), Management(node.management_url)
            _configure(app, answers)
            parts = urlsplit(node.amqp_url)
            own = parts._replace(netloc=f"{parts.hostname}:{parts.port}").geturl()
            init_home(app, "141305", own, node.management_url if kind == "quorum" else None, more, sandbox=True)
            bare = [BARE_SOURCE, BARE_TARGET]
            if kind == "classic":
                declare_classic(node.amqp_url, app.topology)
            declare_plain(node.amqp_url, bare, kind)
            _administer(app, management, kind)
            broker = RabbitBroker(node.amqp_url)
            try:
                yield Place(node, app, broker, management)
            finally:
                broker.close()
                app.close()
                management.close()


def _configure(app: App, answers: bool) -> None:
    config = app.home.root / "config"
    shutil.copytree(app.home.folder("config"), config)
    partner = config / f"partners/{PARTNER}.toml"
    partner.write_text(re.sub(r"(?m)^answers.*$", f"answers = {str(answers).lower()}", partner.read_text()))
    grants = config / f"grants/{PARTNER}.toml"
    _, changes, *others = grants.read_text().split("[[grant]]")
    grants.write_text("[[grant]]" + changes)
    (config / f"grants/{OTHER}.toml").write_text("".join("[[grant]]" + one for one in others))
    (config / f"partners/{OTHER}.toml").write_text(partner.read_text().replace(f'"{PARTNER}"', f'"{OTHER}"'))


def _administer(app: App, management: Management, kind: Kind) -> None:
    topology = app.topology
    if kind == "classic":
        topology = replace(topology, exchanges=(), queues=(), bindings=(), policies=())
    left = Administration(topology, None, management, "/").apply(
        passwords(app.home, [user.name for user in topology.users])
    )
    assert not left, left


def declare_plain(url: str, queues: list[str], kind: Kind) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        for name in queues:
            connection.channel().queue_declare(name, durable=True, arguments={"x-queue-type": kind})


def declare_classic(url: str, topology: Topology) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        for exchange in topology.exchanges:
            channel.exchange_declare(exchange.name, exchange.kind, durable=True)
        for queue in topology.queues:
            single = {"x-single-active-consumer": True} if queue.single_active else {}
            channel.queue_declare(queue.name, durable=True, arguments=single)
        for binding in topology.bindings:
            channel.queue_bind(binding.queue, binding.exchange, binding.routing_key)
