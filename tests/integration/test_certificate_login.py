"""A broker that knows its users by their certificates alone: a password of somebody else gets nobody in."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AuthenticationError

from hub.authority import Authority
from hub.client import Client
from hub.errors import Refused
from hub.ports.tls import Tls
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import TLS_ADMINISTRATOR, PrivateRabbit, find_binary
from tests.installation import Installation, with_user
from tests.nodes import nothing_found
from tests.small_home import edit

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
OTHER = "welfare"
BY_CERTIFICATE = {"auth_mechanisms.1": "EXTERNAL", "ssl_cert_login_from": "common_name"}
PLUGINS = "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_auth_mechanism_ssl].\n"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    if find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    home = tmp_path_factory.mktemp("login") / "home"
    authority = Authority(home / "tls")
    authority.client(TLS_ADMINISTRATOR)
    authority.server(["127.0.0.1"])
    node = PrivateRabbit(settings=BY_CERTIFICATE, tls=home / "tls")
    (node.directory / "enabled_plugins").write_text(PLUGINS)
    with node:
        place, api = urlsplit(node.amqp_url), urlsplit(node.management_url)
        made = Installation(home, f"amqps://{place.hostname}:{place.port}/%2F", node.management_url)
        watched = f"https://{api.hostname}:{api.port}"
        made.renkei("init", "--tls", "--sandbox", "--amqp-url", made.amqp_url, "--management-url", watched)
        authority.server(["127.0.0.1"])
        edit(home / "hub.toml", 'key = "tls/renkei.key" }', 'key = "tls/renkei.key", login = true }')
        made.found_fences()
        made.apply()
        yield made
        made.close()


def of(hub: Installation, user: str) -> Tls:
    folder = hub.app.home.tls
    return Tls(folder / "ca.pem", folder / f"{user}.pem", folder / f"{user}.key", login=True)


@pytest.mark.rule("R53")
def test_a_message_goes_all_the_way_without_a_password(hub: Installation) -> None:
    process = hub.run()
    change = next(City(seed=1, persons=20).changes())

    with Client(hub.amqp_url, SENDER, tls=of(hub, SENDER)) as client:
        message_id = client.publish(TYPE, resident_change(change), purpose=PURPOSE)

    def taken_in() -> bool:
        return any(entry.hop == f"intake.{SENDER}" for entry in hub.app.store.trace(message_id))

    wait_until(taken_in, "it is taken in", 30)
    assert process.get("/readyz") == (200, "ready\n")
    assert process.stop() == 0


@pytest.mark.rule("R53")
def test_a_certificate_is_good_for_its_own_user_alone(hub: Installation) -> None:
    # Given: the certificate of one partner, and name and password of another
    password = hub.app.home.password(OTHER)
    url = with_user(hub.amqp_url, OTHER, password)

    # Then: by the certificate it is its owner who comes, and who may not publish as the other
    with pytest.raises(Refused, match=r"publish\.forbidden"), Client(url, OTHER, tls=of(hub, SENDER)) as client:
        client.publish("welfare.eligibility", b"<x/>", purpose=PURPOSE)
    # And: the password gets nobody in, with whatever certificate
    for user in (SENDER, OTHER):
        parameters = pika.URLParameters(url)
        parameters.ssl_options = pika.SSLOptions(of(hub, user).context(), parameters.host)
        with pytest.raises(AuthenticationError):
            BlockingConnection(parameters)
