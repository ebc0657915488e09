"""Sealed messages through a real RabbitMQ: taken in at the door, and nothing of them on the broker's disk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc import jwe

from connectors.amqp import AmqpConnector
from hub.app import App
from hub.client import Client, Publication, opened
from hub.errors import ConfigError, Refused
from hub.jwe import ALGORITHM, CONTENT_TYPE, ENCRYPTION, PrivateKey, PublicKey
from hub.metrics import Metrics
from hub.ports.connector import ConnectorSettings, SendContext
from hub.ports.store import DeadFilter
from hub.sandbox.city import Change, City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import PrivateRabbit, find_binary
from hub.services import Services
from hub.topology import door_queue, partner_queue
from tests.installation import Installation, connected, edit_settings, installation
from tests.nodes import RabbitServer, new_vhost, nothing_found

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
PERSONS = 40


@pytest.fixture(scope="module")
def node() -> Iterator[PrivateRabbit]:
    """Whose directory is looked through."""
    if find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    with PrivateRabbit() as running:
        yield running


@pytest.fixture
def hub(node: PrivateRabbit, tmp_path: Path) -> Iterator[Installation]:
    server = RabbitServer(node.amqp_url, node.management_url, node.version, node)
    with (
        new_vhost(server) as vhost,
        installation(tmp_path / "home", vhost.amqp_url, server.management_url) as made,
    ):
        made.init()
        made.apply()
        yield made


def publish(hub: Installation, publications: list[Publication], hub_key: str | None) -> None:
    url = hub.app.user_url(SENDER, hub.app.home.password(SENDER))
    with Client(url, SENDER, hub_key=hub_key) as client:
        client.publish_many(publications)


def key_of(hub: Installation) -> str:
    """As an operator hands it to a partner."""
    return hub.renkei("door-key", "show").stdout.strip()


def outcomes(hub: Installation, message_id: str) -> list[str]:
    return sorted(one.outcome for one in hub.app.store.trace(message_id) if one.hop == f"intake.{SENDER}")


@pytest.mark.rule("R56", "R59")
def test_the_brokers_disk_shows_what_is_plain_and_nothing_of_what_is_sealed(
    node: PrivateRabbit, hub: Installation
) -> None:
    """Two cities, so that what is found can only be of the one that was plain."""
    sealed, plain = (list(City(seed=seed, persons=PERSONS).changes()) for seed in (11, 12))
    others = _texts(City(seed=1, persons=20).changes())  # what other tests leave on this node
    secret, shown = _texts(sealed) - _texts(plain) - others, _texts(plain) - _texts(sealed) - others
    assert min(len(secret), len(shown)) > 2 * PERSONS

    # When: the one lies sealed at the door, and the broker has it on disk
    publish(hub, [Publication(TYPE, resident_change(each), PURPOSE) for each in sealed], key_of(hub))

    # Then
    assert _found(node.directory, secret | shown) == set()

    # When: the other lies there plain, Then: the same search finds it
    publish(hub, [Publication(TYPE, resident_change(each), PURPOSE) for each in plain], None)
    assert _found(node.directory, shown)
    assert _found(node.directory, secret) == set()

    # and when the hub has taken all in and sent none, what was sealed at the door is sealed in the hub's queues as well
    process = hub.run("--role", "intake")
    wait_until(lambda: hub.app.broker.depth(door_queue(SENDER)) == 0, "all is taken in", 60)
    assert _found(node.directory, secret) == set()
    assert process.stop() == 0
    assert hub.json("dead", "list") == []


def _texts(changes: Iterable[Change]) -> set[bytes]:
    """Names, numbers and addresses of the persons; of what is short, anything could be a hit."""
    persons = [change.resident for change in changes]
    found = {text for one in persons for text in (one.individual_number, one.name, one.kana, one.address.building)}
    return {text.encode() for text in found if len(text.encode()) >= 10}


def _found(directory: Path, texts: set[bytes]) -> set[bytes]:
    """Which of the texts lie anywhere in the broker's data, its logs included."""
    found: set[bytes] = set()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found |= {text for text in texts if text in content}
    return found


@pytest.mark.rule("R56", "R65")
def test_the_same_message_sealed_anew_or_plain_is_the_same_message(hub: Installation) -> None:
    change = resident_change(next(City(seed=1, persons=20).changes()))
    message_id, key = str(uuid4()), key_of(hub)
    for each in (key, key, None):
        publish(hub, [Publication(TYPE, change, PURPOSE, message_id=message_id)], each)
    process = hub.run("--role", "intake")
    wait_until(lambda: len(outcomes(hub, message_id)) == 3, "all copies are settled", 60)
    assert outcomes(hub, message_id) == ["duplicate", "duplicate", "forwarded"]
    assert process.stop() == 0


@pytest.mark.rule("R56")
def test_what_does_not_open_or_is_plain_where_it_may_not_be_is_a_dead_letter(hub: Installation) -> None:
    # Given: a door that takes nothing plain, an old key that still opens, and a stranger's key
    hub.configure(f'[sealing.{SENDER}]\nintake = "sealed"\n')
    old = key_of(hub)
    time.sleep(1.1)  # kids begin with the second they were made in
    hub.renkei("door-key", "add")
    assert [one["newest"] for one in hub.json("door-key", "list")] == [False, True]
    stranger = PrivateKey("stranger", PrivateKey.made()).public()
    body = resident_change(next(City(seed=1, persons=20).changes()))
    ids = {name: str(uuid4()) for name in ("old", "new", "stranger", "plain", "garbage")}

    # When
    for name, key in {"old": old, "new": key_of(hub), "stranger": stranger, "plain": None}.items():
        publish(hub, [Publication(TYPE, body, PURPOSE, message_id=ids[name])], key)
    garbage = Publication(TYPE, b"no JWE at all", PURPOSE, message_id=ids["garbage"], content_type=CONTENT_TYPE)
    publish(hub, [garbage], None)
    process = hub.run("--role", "intake")

    # Then
    wait_until(lambda: all(outcomes(hub, one) for one in ids.values()), "all are settled", 60)
    assert {name: outcomes(hub, one) for name, one in ids.items()} == {
        "old": ["forwarded"], "new": ["forwarded"], "stranger": ["dead"], "plain": ["dead"], "garbage": ["dead"],
    }  # fmt: skip
    codes = {letter.message_id: letter.code for letter in hub.app.store.dead_letters(DeadFilter())}
    assert codes == {
        ids["stranger"]: "receive.sealed", ids["plain"]: "receive.plain", ids["garbage"]: "receive.sealed",
    }  # fmt: skip
    assert process.stop() == 0
    assert hub.json("reconcile")["matches"]


@pytest.mark.rule("R56")
def test_what_is_for_a_partner_that_gave_its_key_lies_sealed_in_its_queue(hub: Installation) -> None:
    # Given: the tax system reads a queue, and has a key
    key = PrivateKey("tax-1", PrivateKey.made())
    (hub.root / "keys/tax.jwk").write_text(key.public())
    hub.configure('[sealing.tax]\nreply_key = "keys/tax.jwk"\n')
    connector = _services(App(hub.root)).connectors["tax"]
    document = "<inquiry>川崎太郎</inquiry>".encode()

    # When: the hub's connector delivers twice, as after a doubt
    wire = connector.encode("tax.income_inquiry", document)
    sent = SendContext(str(uuid4()), str(uuid4()))
    for _ in range(2):
        connector.send(wire, sent)
    connector.close()

    # Then: the partner's own user reads what only its key opens, and under this id alone
    assert wire.content == document  # what was screened
    with connected(hub, "tax") as connection:
        channel = connection.channel()
        for _ in range(2):
            _, properties, body = channel.basic_get(partner_queue("tax"), auto_ack=True)
            assert properties is not None
            assert body is not None
            assert properties.content_type == CONTENT_TYPE
            assert document not in body
            assert properties.message_id == sent.key
            assert opened(body, properties.content_type, sent.key, key) == document
            with pytest.raises(Refused, match=r"receive\.sealed_id"):
                opened(body, properties.content_type, str(uuid4()), key)


def test_a_partner_that_takes_no_message_id_in_the_header_reads_on(hub: Installation) -> None:
    """Given a partner whose library refuses a header it does not know, and its setting
    When the hub delivers
    Then the header is the one it always had, and doctor names the partner
    """
    key = PrivateKey("tax-1", PrivateKey.made())
    (hub.root / "keys/tax.jwk").write_text(key.public())
    hub.configure('[sealing.tax]\nreply_key = "keys/tax.jwk"\nreply_mid = false\n')
    connector = _services(App(hub.root)).connectors["tax"]

    connector.send(connector.encode("tax.income_inquiry", b"<inquiry/>"), SendContext(str(uuid4()), str(uuid4())))
    connector.close()

    with connected(hub, "tax") as connection:
        _, _, body = connection.channel().basic_get(partner_queue("tax"), auto_ack=True)
    assert body is not None
    assert jwe.decrypt_compact(body, key.key, algorithms=[ALGORITHM, ENCRYPTION]).plaintext == b"<inquiry/>"
    assert opened(body, CONTENT_TYPE, str(uuid4()), key) == b"<inquiry/>"  # it names no id
    found = hub.renkei("doctor", "--json", "--management-url", hub.administrator)
    assert {one["check"]: one["found"] for one in json.loads(found.stdout)}["reply.unbound"].count("tax") == 1


def _services(app: App) -> Services:
    return app.services(app.registry.connectors, Metrics())


def test_a_key_that_cannot_be_used_or_a_partner_without_a_door_is_said_at_the_start(hub: Installation) -> None:
    hub.configure('[sealing.tax]\nreply_key = "keys/none.jwk"\n')
    with pytest.raises(ConfigError) as caught:
        _services(App(hub.root))
    assert caught.value.code == "config.sealing_key"
    edit_settings(hub, "[sealing.tax]", "[sealing.nobody]")
    with pytest.raises(ConfigError):
        _services(App(hub.root))


def test_without_its_key_a_connector_leaves_it_plain() -> None:
    """The setting is the partner's, and `renkei doctor` tells of it."""
    settings = ConnectorSettings("tax", "amqp://127.0.0.1:1", options={"queue": partner_queue("tax")})
    assert settings.seal is None
    assert AmqpConnector(settings, {"a.b": lambda document: document}).encode("a.b", b"<x/>").content == b"<x/>"


def test_doctor_tells_what_is_plain(hub: Installation) -> None:
    key = PrivateKey("tax-1", PrivateKey.made())
    PublicKey(key.public())
    (hub.root / "keys/tax.jwk").write_text(key.public())

    def told() -> dict[str, str]:
        found = hub.renkei("doctor", "--json", "--management-url", hub.administrator)
        return {one["check"]: one["found"] for one in json.loads(found.stdout)}

    before = told()
    hub.configure(f'[sealing.tax]\nreply_key = "keys/tax.jwk"\n[sealing.{SENDER}]\nintake = "sealed"\n')
    after = told()
    assert SENDER in before["intake.plain"]
    assert SENDER not in after["intake.plain"]
    assert "tax" in before["reply.plain"]
    assert "tax" not in after["reply.plain"]
    assert "1 open" in after["door_keys"]
