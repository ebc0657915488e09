"""The private servers keep what they have confirmed through a crash and a restart, on loopback only."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from hub.brokers.management import Management, ManagementError
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.process import LOOPBACK, Process, free_ports, wait_until
from hub.sandbox.rabbitmq import PrivateRabbit
from tests.nodes import RabbitVhost

QUEUE = "keeps"


def bodies_in(management: Management) -> list[str]:
    """Read the messages of the queue, leaving them in it."""
    asked = {"count": 10, "ackmode": "ack_requeue_true", "encoding": "auto"}
    found = management.call("POST", "queues", "/", QUEUE, "get", body=asked)
    return [each["payload"] for each in found]


def holds(management: Management, body: str) -> bool:
    """Tell whether exactly this message is in the queue; not while its leader is being elected."""
    try:
        return bodies_in(management) == [body]
    except ManagementError:
        return False


@pytest.mark.slow
@pytest.mark.faults
def test_a_confirmed_message_survives_a_kill_and_a_restart(own_rabbit: PrivateRabbit) -> None:
    # Given a quorum queue with one message that the broker has confirmed
    management = Management(own_rabbit.management_url)
    body = secrets.token_hex(8)
    quorum = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
    management.call("PUT", "queues", "/", QUEUE, body=quorum)
    publish = {"properties": {"delivery_mode": 2}, "routing_key": QUEUE, "payload": body}
    publish["payload_encoding"] = "string"
    assert management.call("POST", "exchanges", "/", "amq.default", "publish", body=publish) == {"routed": True}

    # When the node is killed and started again
    name, amqp_url = own_rabbit.name, own_rabbit.amqp_url
    own_rabbit.await_declarations()
    own_rabbit.kill()
    assert not own_rabbit.is_running()
    own_rabbit.start()

    # Then the message is there, under the same name and address
    assert (own_rabbit.name, own_rabbit.amqp_url) == (name, amqp_url)
    wait_until(lambda: holds(management, body), "the message is back after a kill", 30)

    # And it is there after an orderly restart
    own_rabbit.restart()
    wait_until(lambda: holds(management, body), "the message is back after a restart", 30)
    management.close()


def test_the_node_has_an_administrator_of_its_own_and_no_guest(rabbit_vhost: RabbitVhost) -> None:
    if rabbit_vhost.ctl is None:
        pytest.skip("not a private node")
    users = rabbit_vhost.ctl("list_users", "--silent").split()
    assert "guest" not in users
    assert "renkei-admin" in users


def test_a_vhost_is_empty_and_its_administrator_may_do_everything_in_it(rabbit_vhost: RabbitVhost) -> None:
    management = rabbit_vhost.management
    assert management.call("GET", "queues", rabbit_vhost.vhost) == []
    management.call("PUT", "queues", rabbit_vhost.vhost, QUEUE, body={"durable": True})
    assert [each["name"] for each in management.call("GET", "queues", rabbit_vhost.vhost)] == [QUEUE]


def test_a_node_that_is_running_is_taken_over_by_its_directory(own_rabbit: PrivateRabbit) -> None:
    other = PrivateRabbit(own_rabbit.directory)
    assert other.is_running()
    assert other.version == own_rabbit.version
    other.kill()
    assert not own_rabbit.is_running()


@pytest.mark.faults
def test_a_committed_row_survives_a_kill_and_a_restart(own_postgres: PrivatePostgres) -> None:
    # Given a committed row
    url = own_postgres.create_database("keeps").replace("+psycopg", "", 1)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("INSERT INTO kept VALUES ('committed')")

    for disturb in (own_postgres.kill, own_postgres.stop):
        # When the server ends, in either way, and is started again
        disturb()
        own_postgres.start()

        # Then the row is there
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [("committed",)]


def test_a_fresh_database_is_empty(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "", 1)) as connection:
        asked = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert asked.fetchone() == (0,)


def test_free_ports_lie_below_those_the_kernel_gives_to_clients() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert max(ports) < first


def test_a_process_is_not_mistaken_for_another_with_the_same_id() -> None:
    own = Process.of(1)
    assert own is not None
    assert own.is_alive()
    assert not Process(own.pid, own.started + 1).is_alive()


def test_addresses_are_on_loopback(rabbit_vhost: RabbitVhost, postgres_url: str) -> None:
    if rabbit_vhost.node is None:
        pytest.skip("not a private node")
    urls = (rabbit_vhost.amqp_url, rabbit_vhost.management_url)
    assert {urlsplit(each).hostname for each in urls} == {LOOPBACK}
