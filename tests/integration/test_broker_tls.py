"""A broker that takes nobody without TLS and a certificate of its authority, and all that connects to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError

from connectors.amqp.line import Line
from hub.app import App
from hub.authority import Authority
from hub.brokers.management import Management, ManagementError
from hub.brokers.rabbit import RabbitBroker
from hub.client import Client
from hub.doctor import Status, examine
from hub.errors import BrokerUnavailable, Unavailable
from hub.installation import certify
from hub.ports.tls import Tls
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import TLS_ADMINISTRATOR, PrivateRabbit, find_binary
from hub.topology import HUB_USER
from tests.installation import Installation, with_user
from tests.nodes import nothing_found

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
STRANGERS = ("none", "another authority", "ended", "no TLS")


@dataclass(frozen=True)
class Secured:
    """`hub`: initialised and applied; `strangers`: what those show who are not to get in."""

    node: PrivateRabbit
    hub: Installation
    strangers: dict[str, Tls]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    if find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    root = tmp_path_factory.mktemp("tls")
    # Given: certificates as `renkei init --tls` makes them; the node is to start with them, so they come first
    home = root / "home"
    authority = Authority(home / "tls")
    authority.client(TLS_ADMINISTRATOR)
    authority.client("ended", days=-1)
    Authority(root / "other").client("stranger")
    authority.server(["127.0.0.1"])
    with PrivateRabbit(tls=home / "tls") as node:
        place, api = urlsplit(node.amqp_url), urlsplit(node.management_url)
        hub = Installation(home, f"amqps://{place.hostname}:{place.port}/%2F", node.management_url)
        watched = f"https://{api.hostname}:{api.port}"
        hub.renkei("init", "--tls", "--sandbox", "--amqp-url", hub.amqp_url, "--management-url", watched)
        authority.server(["127.0.0.1"])
        hub.found_fences()
        hub.apply()
        ca = home / "tls/ca.pem"
        strangers = {
            "none": Tls(ca),
            "another authority": Tls(ca, root / "other/stranger.pem", root / "other/stranger.key"),
            "ended": Tls(ca, home / "tls/ended.pem", home / "tls/ended.key"),
        }
        yield Secured(node, hub, strangers)
        hub.close()


def of(hub: Installation, user: str) -> Tls:
    folder = hub.app.home.tls
    return Tls(folder / "ca.pem", folder / f"{user}.pem", folder / f"{user}.key")


@pytest.mark.rule("R56")
def test_with_certificates_a_message_goes_all_the_way(secured: Secured) -> None:
    hub, process = secured.hub, secured.hub.run()
    change = next(City(seed=1, persons=20).changes())
    url = hub.app.user_url(SENDER, hub.app.home.password(SENDER))

    # When: a partner publishes with the certificate of its own user
    with Client(url, SENDER, tls=of(hub, SENDER)) as client:
        message_id = client.publish(TYPE, resident_change(change), purpose=PURPOSE)

    # Then
    def tried() -> bool:
        hops = {entry.hop for entry in hub.app.store.trace(message_id)}
        return {f"intake.{SENDER}", "delivery.integration_platform"} <= hops

    wait_until(tried, "the message is tried at its partner", 30)
    assert process.get("/readyz") == (200, "ready\n")
    wait_until(lambda: 'address="certificate.renkei"' in process.get("/metrics")[1], "certificates are looked at", 30)
    metrics = process.get("/metrics")[1]
    assert all(f'address="{name}"' in metrics for name in ("broker", "management", "certificate.welfare"))
    assert process.stop() == 0
    assert hub.json("topology", "check", "--management-url", hub.administrator) == []


@pytest.mark.rule("R53", "R56")
@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_gets_in_without_a_certificate(secured: Secured, who: str) -> None:
    """The password is right: only what is shown differs."""
    hub, password = secured.hub, secured.hub.app.home.password(SENDER)
    url, tls = with_user(hub.amqp_url, SENDER, password), secured.strangers.get(who)
    api = with_user(hub.administrator, *secured.node.amqp_url.partition("//")[2].partition("@")[0].split(":"))
    if tls is None:
        url, api = url.replace("amqps:", "amqp:"), api.replace("https:", "http:")

    with pytest.raises((AMQPError, OSError)):
        BlockingConnection(_parameters(url, tls))
    with pytest.raises(BrokerUnavailable), Client(url, SENDER, patience=2.0, tls=tls) as client:
        client.publish(TYPE, b"<x/>", purpose=PURPOSE)
    with pytest.raises(Unavailable):
        Line(url, 2.0, 2.0, tls or Tls())
    management = Management(api, tls)
    with pytest.raises(ManagementError) as refused:
        management.call("GET", "whoami")
    assert refused.value.status == 0
    management.close()


@pytest.mark.rule("R56")
def test_the_hub_itself_is_refused_without_one(secured: Secured) -> None:
    hub = secured.hub
    broker = RabbitBroker(with_user(hub.amqp_url, HUB_USER, hub.app.home.password(HUB_USER)), secured.strangers["none"])
    assert broker.problem(3.0) is not None
    broker.close()


def test_a_broker_of_another_authority_is_not_believed(secured: Secured, tmp_path: Path) -> None:
    Authority(tmp_path)
    hub = secured.hub
    url, mine = with_user(hub.amqp_url, SENDER, hub.app.home.password(SENDER)), of(hub, SENDER)
    with pytest.raises((AMQPError, OSError)):
        BlockingConnection(_parameters(url, Tls(tmp_path / "ca.pem", mine.certificate, mine.key)))


def test_the_name_of_the_broker_counts(secured: Secured) -> None:
    """The server's certificate names 127.0.0.1 alone."""
    hub = secured.hub
    url = with_user(hub.amqp_url, SENDER, hub.app.home.password(SENDER)).replace("127.0.0.1", "localhost")
    with pytest.raises(BrokerUnavailable), Client(url, SENDER, patience=2.0, tls=of(hub, SENDER)) as client:
        client.publish(TYPE, b"<x/>", purpose=PURPOSE)
    with pytest.raises(Unavailable):
        Line(url, 2.0, 2.0, of(hub, SENDER))


@pytest.mark.rule("R53")
def test_guest_is_nobody(secured: Secured) -> None:
    hub = secured.hub
    with pytest.raises(AMQPError):
        BlockingConnection(_parameters(with_user(hub.amqp_url, "guest", "guest"), of(hub, HUB_USER)))
    verdicts = {one.check: one for one in examine(App(hub.root), hub.administrator)}
    assert verdicts["broker.guest_login"].status is Status.OK
    # and the doctor looks at broker, management and every certificate that lies here
    for check in ("tls.broker", "tls.management", "certificate.ca", "certificate.renkei", "certificate.welfare"):
        assert verdicts[check].status is Status.OK, verdicts[check]
    assert verdicts["certificate.ended"].status is Status.FAILED


def test_certificates_are_made_anew_under_the_same_authority(secured: Secured) -> None:
    hub = secured.hub
    before = (hub.app.home.tls / "ca.pem").read_bytes(), (hub.app.home.tls / f"{SENDER}.pem").read_bytes()
    certify(hub.app.home, [SENDER], [hub.amqp_url])
    after = (hub.app.home.tls / "ca.pem").read_bytes(), (hub.app.home.tls / f"{SENDER}.pem").read_bytes()
    assert after[0] == before[0]
    assert after[1] != before[1]
    BlockingConnection(
        _parameters(with_user(hub.amqp_url, SENDER, hub.app.home.password(SENDER)), of(hub, SENDER))
    ).close()


def _parameters(url: str, tls: Tls | None) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    if tls is not None:
        parameters.ssl_options = pika.SSLOptions(tls.context(), parameters.host)
    return parameters
