"""A private RabbitMQ cluster on one machine, whose nodes can be killed, paused and brought back one by one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from hub.brokers.management import Management, ManagementError
from hub.sandbox.process import NodeError, wait_until
from hub.sandbox.rabbitmq import PrivateRabbit

# A node that says nothing for so long (and a quarter more) is taken for gone; RabbitMQ's default is 60.
TICK_SECONDS = 5
FORM_SECONDS = 60


class RabbitCluster:
    """Nodes that form one cluster at their first start. Not for concurrent use.

    A minority pauses itself (`pause_minority`), as is recommended for quorum queues.
    """

    def __init__(self, size: int = 3) -> None:
        """Lay the nodes out; nothing is started yet."""
        settings = {"net_ticktime": str(TICK_SECONDS), "cluster_partition_handling": "pause_minority"}
        first = PrivateRabbit(settings=settings)
        self.nodes = [first, *(PrivateRabbit(settings=settings, peer=first) for _ in range(size - 1))]
        peers = {f"cluster_formation.classic_config.nodes.{n}": node.name for n, node in enumerate(self.nodes, 1)}
        for node in self.nodes:
            node.configure({"cluster_formation.peer_discovery_backend": "classic_config", **peers})
        self.amqp_url = _together([node.amqp_url for node in self.nodes])
        self.management_url = _together([node.management_url for node in self.nodes])
        self._paused: list[PrivateRabbit] = []

    def start(self) -> None:
        """Start all nodes and wait until each knows all. Raises NodeError."""
        self.nodes[0].start()  # with the epmd that all use
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: node.start(), self.nodes[1:]))
        wait_until(self.is_whole, "the cluster is whole", FORM_SECONDS)

    def await_running(self, count: int, seconds: float = FORM_SECONDS) -> None:
        """Wait until so many nodes take part. Raises TimeoutError."""
        wait_until(lambda: len(self.running()) == count, f"{count} nodes run as one cluster", seconds)

    def running(self) -> list[str]:
        """Names of the nodes that take part, as the first one that answers sees it."""
        return [str(each["name"]) for each in self._ask("nodes") if each["running"]]

    def is_whole(self) -> bool:
        """Whether every node answers, and sees all others and no partition."""
        for node in self.nodes:
            management = Management(node.management_url)
            try:
                seen = management.call("GET", "nodes")
            except ManagementError:
                return False
            finally:
                management.close()
            if len(seen) < len(self.nodes) or not all(each["running"] and not each.get("partitions") for each in seen):
                return False
        return True

    def node_of(self, connection_name: str) -> PrivateRabbit | None:
        """The node a client of this name is connected to, None where there is none."""
        for each in self._ask("connections"):
            if each.get("client_properties", {}).get("connection_name") == connection_name:
                return next(node for node in self.nodes if node.name == each["node"])
        return None

    def leaders(self, vhost: str) -> dict[str, str]:
        """The node that leads each queue, by the queue's name.

        Of `rabbitmqctl`, which asks one node: the management API waits seconds per queue for a node that is paused.
        """
        node = next(each for each in self.nodes if each.is_running() and each not in self._paused)
        columns = node.ctl("list_queues", "--vhost", vhost, "--formatter", "json", "name", "leader")
        return {each["name"]: each["leader"] for each in json.loads(columns)}

    def pause(self, node: PrivateRabbit) -> None:
        """Part it from the others: it answers nobody, and its connections stay open."""
        node.pause()
        self._paused.append(node)

    def resume(self, node: PrivateRabbit) -> None:
        """Let it go on: it finds that the others have gone on without it.

        On 3.10 it then either pauses itself and comes back, or stays parted until it is restarted.
        """
        node.resume()
        self._paused.remove(node)

    def close(self) -> None:
        """End all nodes and delete their data; the first one last, as its epmd is everybody's."""
        for node in reversed(self.nodes):
            if node.is_running():
                node.kill()
            node.close()

    def restore(self) -> None:
        """Bring back every node, whatever was done to it."""
        for node in list(self._paused):
            self.resume(node)
            node.kill()
        for node in self.nodes:
            if not node.is_running():
                node.start()
        wait_until(self.is_whole, "the cluster is whole", FORM_SECONDS)

    def _ask(self, *path: str) -> list[dict[str, Any]]:
        """Of the first node that answers: one that is back from a pause ends its part for a moment."""
        last: Exception | None = None
        for node in self.nodes:
            if node in self._paused or not node.is_running():
                continue
            management = Management(node.management_url)
            try:
                found: list[dict[str, Any]] = management.call("GET", *path)
                return found
            except ManagementError as error:
                last = error
            finally:
                management.close()
        raise NodeError("no node of the cluster answers") from last

    def __enter__(self) -> RabbitCluster:
        try:
            self.start()
        except (NodeError, TimeoutError):
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _together(urls: list[str]) -> str:
    """One URL that names all hosts."""
    parts = urlsplit(urls[0])
    places = ",".join(urlsplit(url).netloc.rpartition("@")[2] for url in urls)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@{places}").geturl()
