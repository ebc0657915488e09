"""A cluster of three: a node dies, a node is parted from the others; every message has its one effect, in order."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from hub.app import App
from hub.brokers.management import Management, ManagementError
from hub.brokers.rabbit import link
from hub.doctor import Status, Verdict, examine
from hub.errors import BrokerUnavailable
from hub.sandbox import rabbitmq
from hub.sandbox.process import wait_until
from hub.sandbox.rabbit_cluster import RabbitCluster
from hub.sandbox.rabbitmq import PrivateRabbit
from tests.faults.conftest import scene_on
from tests.faults.scene import REST_SECONDS, Scene
from tests.installation import HubProcess, Installation
from tests.nodes import nothing_found
from tests.runbooks import Runbook

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(300)]
MESSAGES = 40
HEARTBEAT = 3  # seconds, as the cluster's own patience is short
QUICK = f"import hub.brokers.rabbit.link as link; link.HEARTBEAT_SECONDS = {HEARTBEAT}"
CONSUMER = "renkei-consume"


@pytest.fixture(scope="module")
def cluster() -> Iterator[RabbitCluster]:
    if rabbitmq.find_binary() is None:
        nothing_found("rabbitmq-server to start private nodes from", "apt-get install rabbitmq-server")
    with RabbitCluster() as started:
        yield started


@pytest.fixture
def scene(cluster: RabbitCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """On a vhost of its own; its queues are on the disks of all nodes."""
    with clustered(cluster, tmp_path, monkeypatch) as made:
        yield made


@contextmanager
def clustered(
    cluster: RabbitCluster, root: Path, monkeypatch: pytest.MonkeyPatch, store_url: str = ""
) -> Iterator[Scene]:
    monkeypatch.setattr(link, "HEARTBEAT_SECONDS", HEARTBEAT)
    vhost = f"test-{secrets.token_hex(4)}"
    management = Management(cluster.management_url)
    management.add_vhost(vhost, vhost, secrets.token_hex(8))
    for node in cluster.nodes:  # they learn of it one after the other
        wait_until(lambda: is_open(node, vhost), f"{node.name} knows the vhost", 120)  # noqa: B023 - called at once
    with scene_on(root, cluster.amqp_url.replace("%2F", vhost), cluster.management_url, store_url) as made:
        for node in cluster.nodes:
            node.await_declarations()
        yield made
        cluster.restore()
    management.remove_vhost(vhost, vhost)
    management.close()


def is_open(node: PrivateRabbit, vhost: str) -> bool:
    """Whether the administrator may declare things in the vhost through this node."""
    management = Management(node.management_url)
    try:
        management.call("PUT", "exchanges", vhost, "trial", body={"type": "fanout"})
        management.call("DELETE", "exchanges", vhost, "trial")
    except ManagementError:
        return False
    finally:
        management.close()
    return True


def run(scene: Scene, *arguments: str) -> HubProcess:
    return scene.hub.run(*arguments, before=QUICK)


def served_by(cluster: RabbitCluster) -> PrivateRabbit:
    """The node a hub process consumes from."""
    wait_until(lambda: cluster.node_of(CONSUMER) is not None, "the broker tells the hub's connection", 30)
    node = cluster.node_of(CONSUMER)
    assert node is not None
    return node


def await_rest(scene: Scene) -> None:
    def at_rest() -> bool:
        with suppress(BrokerUnavailable):  # this process's own connection has its losses as well
            return scene.at_rest()
        return False

    wait_until(at_rest, "everything has its end", REST_SECONDS)


def ill(scene: Scene, cluster: RabbitCluster) -> dict[str, Status]:
    """What the doctor finds of the cluster."""
    found = {one.check: one.status for one in examined(scene, cluster)}
    return {name: status for name, status in found.items() if name.startswith("broker.") and status is not Status.OK}


def examined(scene: Scene, cluster: RabbitCluster) -> list[Verdict]:
    app = App(scene.hub.root)
    with patch("hub.doctor.folders.lint", return_value=[]):  # slow, and about other things
        found = list(examine(app, cluster.management_url))
    app.close()
    return found


def test_a_node_killed_under_the_hub_and_its_senders_costs_nothing(scene: Scene, cluster: RabbitCluster) -> None:
    # Given: work in progress, on queues that lie on all nodes
    scene.slow(0.05)
    scene.publish(MESSAGES)
    processes = [run(scene, "--role", "intake"), run(scene, "--role", "delivery")]
    scene.await_effects(MESSAGES // 4)

    # When the node dies that a hub process is connected to
    victim = served_by(cluster)
    victim.kill()

    # Then: the others go on, for new messages too, and the doctor tells what is missing
    scene.publish(MESSAGES)
    await_rest(scene)
    wait_until(lambda: "broker.copies" in ill(scene, cluster), "members are seen to be away", 30)
    assert ill(scene, cluster)["broker.nodes"] is Status.FAILED
    scene.judge()

    # And once it is back, nothing comes twice
    victim.start()
    cluster.await_running(3)
    await_rest(scene)
    wait_until(lambda: not {"broker.nodes", "broker.copies"} & ill(scene, cluster).keys(), "all are back", 30)
    assert [process.stop() for process in processes] == [0, 0]
    scene.judge()


def test_a_node_parted_from_the_others_and_back_costs_nothing(scene: Scene, cluster: RabbitCluster) -> None:
    # Given
    scene.slow(0.05)
    scene.publish(2 * MESSAGES)
    process = run(scene)
    scene.await_effects(MESSAGES // 4)

    # When the node the hub consumes from stops answering, with all its connections open
    parted = served_by(cluster)
    cluster.pause(parted)
    cluster.await_running(2)

    # Then: the others elect new leaders, the hub finds them
    await_rest(scene)
    assert parted.name not in cluster.leaders(scene.hub.app.vhost).values()

    # And when it is back, with what it had handed out before, nothing comes twice
    cluster.resume(parted)
    wait_until(lambda: whole_again(scene, cluster), "the cluster is whole", 90)
    scene.publish(MESSAGES)
    await_rest(scene)
    assert process.stop() == 0
    scene.judge()


def test_scaled_out_as_the_runbook_says(
    cluster: RabbitCluster, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Runbook("runbooks/scale-out.md")
    with clustered(cluster, tmp_path, monkeypatch, postgres_url.replace("+psycopg", "")) as scene:
        # Given: two hosts with a home each, made by the page
        first, second = scene.hub, Installation(tmp_path / "second", scene.hub.amqp_url, scene.hub.administrator)
        shell = first.environment(
            PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin",
            RENKEI_HOME=str(first.root),
            SECOND=str(second.root),
            ON_SECOND="env",
            ADMIN=cluster.management_url,
        )
        page.next("The first host", shell)
        page.next("The second host", shell)
        roles = ("intake", "delivery")
        lost = [first.run("--role", role, before=QUICK) for role in roles]
        kept = [second.run("--role", role, before=QUICK) for role in roles]
        try:
            scene.slow(0.05)
            scene.publish(2 * MESSAGES)
            scene.await_effects(MESSAGES // 4)

            # When: a broker node dies and the first host with it
            served_by(cluster).kill()
            for process in lost:
                process.kill()
            scene.publish(MESSAGES)

            # Then: the second host brings everything to its end, once and in order
            await_rest(scene)
            scene.judge()
            page.next("A host or a node is lost", shell)
            assert [process.stop() for process in kept] == [0, 0]
        finally:
            second.close()
        assert page.left() == []


def whole_again(scene: Scene, cluster: RabbitCluster) -> bool:
    """A node that stays parted is treated as the doctor says."""
    if cluster.is_whole():
        return True
    nodes = {node.name: node for node in cluster.nodes}
    for verdict in examined(scene, cluster):
        if verdict.found.startswith("parted"):
            for line in verdict.fix.splitlines():
                for command in line.split(" && "):
                    _, _, name, act = command.split()
                    nodes[name].ctl(act)
    return False
