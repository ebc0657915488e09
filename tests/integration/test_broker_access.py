"""Who may do what on the broker, asked of it with plain pika; and the topology commands on a real one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, ProbableAuthenticationError

from hub.brokers.management import Management
from hub.client import Publication
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.topology import (
    CHECKPOINT_QUEUE,
    DEAD_QUEUE,
    HUB_USER,
    INTAKE_EXCHANGE,
    KEEPER_USER,
    WATCH_USER,
    Topology,
    answer_queue,
    delivery_queue,
    door_queue,
    hub_lane,
    partner_queue,
    rejected_queue,
)
from tests.installation import Installation, check, connected, polled, shown, with_user
from tests.nodes import RabbitServer, RabbitVhost

FORBIDDEN, CONFLICT = 403, 406
DEADLINE = 20.0


def refusal(connection: BlockingConnection, act: Callable[[BlockingChannel], object]) -> int | None:
    """What the broker answers to an act on a channel of its own: None where it lets it pass."""
    channel = connection.channel()
    channel.confirm_delivery()
    try:
        act(channel)
        channel.queue_declare(DEAD_QUEUE, passive=True)  # answered after the act, which may have no answer of its own
    except ChannelClosedByBroker as closed:
        return int(closed.reply_code)
    channel.close()
    return None


def publishing(exchange: str, key: str, **properties: Any) -> Callable[[BlockingChannel], object]:
    """Not `mandatory`: what is asked is whether one may, not whether it arrives."""
    return lambda channel: channel.basic_publish(exchange, key, b"<x/>", pika.BasicProperties(**properties))


def consuming(queue: str) -> Callable[[BlockingChannel], object]:
    return lambda channel: channel.basic_consume(queue, lambda *_: None)


def topology_of(hub: Installation) -> Topology:
    return hub.app.topology


def effective_rights(hub: Installation, user: str) -> set[tuple[str, str]]:
    """Every act in question that the broker lets this user do: (act, name)."""
    topology = topology_of(hub)
    acts: dict[tuple[str, str], Callable[[BlockingChannel], object]] = {}
    for queue in topology.queues:
        acts["read", queue.name] = consuming(queue.name)  # a get is no right on a single active consumer's queue
        acts["purge", queue.name] = lambda channel, name=queue.name: channel.queue_purge(name)  # type: ignore[misc]
        acts["delete", queue.name] = lambda channel, name=queue.name: channel.queue_delete(name)  # type: ignore[misc]
        acts["publish to", queue.name] = publishing("", queue.name)
    for exchange in topology.exchanges:
        acts["publish on", exchange.name] = publishing(exchange.name, "someone.else")
        acts["delete exchange", exchange.name] = lambda channel, name=exchange.name: channel.exchange_delete(name)  # type: ignore[misc]
        acts["bind", exchange.name] = lambda channel, name=exchange.name: channel.queue_bind(  # type: ignore[misc]
            DEAD_QUEUE, name, "#"
        )
    for partner in hub.app.registry.partners:
        acts["speak as", partner] = publishing(INTAKE_EXCHANGE, f"{partner}.some.type")
        acts["speak in the name of", partner] = publishing(INTAKE_EXCHANGE, f"{user}.some.type", user_id=partner)
    acts["declare", "queue"] = lambda channel: channel.queue_declare("intake.stranger", durable=True)
    acts["declare", "exchange"] = lambda channel: channel.exchange_declare("stranger", "topic")
    with connected(hub, user) as connection:
        answers = {what: refusal(connection, act) for what, act in acts.items()}
    assert {code for code in answers.values() if code is not None} <= {FORBIDDEN, CONFLICT}, answers
    return {what for what, code in answers.items() if code is None}


def _read_by(partner: str) -> set[str]:
    """A partner may have a queue of its own, one beside it for what it rejects, and one in which it is answered."""
    return {partner_queue(partner), rejected_queue(partner), answer_queue(partner)}


@pytest.mark.rule("R53")
def test_every_user_may_do_exactly_what_the_table_says(applied: Installation) -> None:
    # Given
    topology = topology_of(applied)
    doors = applied.app.registry.doors()
    queues = {queue.name for queue in topology.queues}
    own = {name for name in queues if name.startswith(("intake.", "delivery."))} | {DEAD_QUEUE}
    tiers = {exchange.name for exchange in topology.exchanges if exchange.name.startswith("retry.")}
    table: dict[str, set[tuple[str, str]]] = {
        WATCH_USER: set(),
        KEEPER_USER: {("read", CHECKPOINT_QUEUE), ("purge", CHECKPOINT_QUEUE)},
        # a partner speaks at its own door, under its own name, and that is all
        **{
            partner: {("speak as", partner), ("speak in the name of", partner)}
            | {(act, name) for act in ("read", "purge") for name in queues & _read_by(partner)}
            for partner in doors
        },
        # the hub reads its own queues and writes to any queue by its name and into the delay tiers; not at a door
        HUB_USER: {("read", name) for name in own}
        | {("purge", name) for name in own}
        | {("publish to", name) for name in queues}
        | {("publish on", name) for name in tiers},
    }

    # When, Then
    assert set(table) == {user.name for user in topology.users}
    for user, allowed in table.items():
        assert effective_rights(applied, user) == allowed, user


ANSWERS: list[tuple[str, Callable[[BlockingChannel], object], int | None]] = [
    ("another's routing key", publishing(INTAKE_EXCHANGE, "welfare.welfare.eligibility"), FORBIDDEN),
    ("a key that begins like its own", publishing(INTAKE_EXCHANGE, f"{SENDER}_2.x"), FORBIDDEN),
    ("no routing key", publishing(INTAKE_EXCHANGE, ""), FORBIDDEN),
    ("the hub's lane by the default exchange", publishing("", hub_lane(SENDER)), FORBIDDEN),
    ("a delivery queue by the default exchange", publishing("", delivery_queue("welfare")), FORBIDDEN),
    ("a delay tier", publishing("retry.1s", door_queue(SENDER)), FORBIDDEN),
    ("the dead letters' exchange", publishing("dead", ""), FORBIDDEN),
    ("another's user_id", publishing(INTAKE_EXCHANGE, f"{SENDER}.x", user_id="welfare"), CONFLICT),
    ("reading its own door", consuming(door_queue(SENDER)), FORBIDDEN),
    ("reading the dead letters", consuming(DEAD_QUEUE), FORBIDDEN),
    ("its own key", publishing(INTAKE_EXCHANGE, f"{SENDER}.x"), None),
    ("its own user_id", publishing(INTAKE_EXCHANGE, f"{SENDER}.x", user_id=SENDER), None),
]


def test_what_the_broker_answers_a_partner(applied: Installation) -> None:
    with connected(applied, SENDER) as connection:
        for what, act, code in ANSWERS:
            assert refusal(connection, act) == code, what


@pytest.mark.rule("R53")
def test_a_stranger_does_not_get_in(applied: Installation) -> None:
    for user, password in (("nobody", "x"), (SENDER, "wrong"), (HUB_USER, "")):
        with pytest.raises((ProbableAuthenticationError, AMQPConnectionError)):
            BlockingConnection(pika.URLParameters(with_user(applied.amqp_url, user, password)))


@pytest.mark.rule("R53")
def test_what_a_partner_was_refused_never_becomes_a_message(applied: Installation) -> None:
    # When: it tries every door but its own
    others = [name for name in applied.app.registry.partners if name != SENDER]
    with connected(applied, SENDER) as connection:
        for other in others:
            assert refusal(connection, publishing(INTAKE_EXCHANGE, f"{other}.x")) == FORBIDDEN

    # Then
    with connected(applied, HUB_USER) as connection:
        channel = connection.channel()
        for queue in topology_of(applied).queues:
            assert channel.queue_declare(queue.name, passive=True).method.message_count == 0, queue.name


def test_a_hub_with_exactly_these_rights_does_all_its_work(applied: Installation) -> None:
    # Given: a partner that cannot be reached, so that messages also go through the delay tiers
    process = applied.run()
    assert process.get("/readyz") == (200, "ready\n")
    change = next(City(seed=1, persons=20).changes())

    # When: one good message and one that is refused
    good, bad = Publication(TYPE, resident_change(change), PURPOSE), Publication(TYPE, b"<x/>", PURPOSE)
    applied.publish(SENDER, [good, bad])

    # Then: the good one was taken in and tried, the bad one is a dead letter, and the hub can be stopped in order
    def tried() -> set[tuple[str, str]]:
        return {(entry.hop, entry.outcome) for entry in applied.app.store.trace(good.message_id)}

    wanted = {("intake.resident_registry", "forwarded"), ("delivery.integration_platform", "wait")}
    wait_until(lambda: wanted <= tried(), "the message has been through a delay tier", DEADLINE)
    assert [letter["code"] for letter in applied.json("dead", "list")] == ["validate.schema"]
    assert process.stop() == 0
    assert applied.json("reconcile")["matches"]
    assert not process.events("channel_closed")


# --- topology plan, apply, check ---


def plan(hub: Installation) -> Any:
    return hub.json("topology", "plan", "--management-url", hub.administrator)


def apply(hub: Installation, *options: str, expect: int = 0) -> Any:
    return hub.json("topology", "apply", "--management-url", hub.administrator, *options, expect=expect)


def test_a_plan_of_an_empty_broker_is_all_of_the_topology_and_changes_nothing(installed: Installation) -> None:
    installed.init()

    first, second = plan(installed), plan(installed)

    topology = topology_of(installed)
    assert shown(first) == shown(second) == (
        {("create", "policy", one.name) for one in topology.policies}
        | {("create", "exchange", one.name) for one in topology.exchanges}
        | {("create", "queue", one.name) for one in topology.queues}
        | {("create", "user", one.name) for one in topology.users}
        | {("create", "binding", f"{b.exchange} ─{b.routing_key}─▶ {b.queue}") for b in topology.bindings}
    )  # fmt: skip
    assert {change["action"] for change in check(installed, expect=1)} == {"create"}


def test_applying_twice_is_applying_once(applied: Installation, rabbit_vhost: RabbitVhost) -> None:
    def everything() -> list[object]:
        kinds = ("exchanges", "bindings", "policies", "permissions", "topic-permissions")
        return [
            sorted(map(repr, rabbit_vhost.management.call("GET", kind, rabbit_vhost.vhost)))
            for kind in kinds
            if kind in ("exchanges", "bindings", "policies")
        ]

    before = everything()
    assert plan(applied) == []

    applied.apply()

    assert everything() == before
    assert check(applied) == []


def test_drift_is_shown_left_alone_and_overwritten_only_when_told(
    applied: Installation, rabbit: RabbitServer, rabbit_vhost: RabbitVhost
) -> None:
    # Given: somebody was at the broker
    api, vhost = Management(rabbit.management_url), rabbit_vhost.vhost
    work = api.call("GET", "policies", vhost, "renkei-work")
    changed = {**work["definition"], "max-length": 5}
    api.call("PUT", "policies", vhost, "renkei-work", body={**work, "definition": changed})
    rights = {"configure": "^$", "write": ".*", "read": "^$"}
    api.call("PUT", "permissions", vhost, "welfare", body=rights)
    topic = {"exchange": INTAKE_EXCHANGE, "write": ".*", "read": "^$"}
    api.call("PUT", "topic-permissions", vhost, SENDER, body=topic)
    api.call("PUT", "users", HUB_USER, body=_retagged(api, HUB_USER, "administrator"))
    wanted = {
        ("differs", "policy", "renkei-work"),
        ("differs", "rights", "welfare"),
        ("differs", "rights", SENDER),
        ("differs", "rights", HUB_USER),
    }

    # When, Then: shown with what is and what should be, exit 1, and nothing is touched
    found = check(applied, expect=1)
    assert shown(found) == wanted == shown(plan(applied))
    details = {change["name"]: change["detail"] for change in found}
    assert "'max-length': 5" in details["renkei-work"]
    assert "write is '.*', should be '^intake$'" in details["welfare"]
    assert rf"write is '.*', should be '^{SENDER}\\.'" in details[SENDER]
    assert "tags is 'administrator', should be ''" in details[HUB_USER]
    assert shown(apply(applied, expect=1)) == wanted
    assert api.call("GET", "permissions", vhost, "welfare")["write"] == ".*"

    # When told
    assert apply(applied, "--overwrite") == []

    # Then: as configured, and the users still have their passwords
    assert check(applied) == []
    with connected(applied, HUB_USER), connected(applied, SENDER):
        pass
    api.close()


def _retagged(api: Management, user: str, tags: str) -> dict[str, object]:
    account = api.call("GET", "users", user)
    return {name: account[name] for name in ("password_hash", "hashing_algorithm")} | {"tags": tags}


def test_what_is_missing_is_made_without_being_told_twice(applied: Installation, rabbit_vhost: RabbitVhost) -> None:
    # Given: a queue, an exchange, a binding, a policy and a right are gone
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    api.call("DELETE", "queues", vhost, delivery_queue("welfare"))
    api.call("DELETE", "exchanges", vhost, "retry.1s")
    api.call("DELETE", "bindings", vhost, "e", INTAKE_EXCHANGE, "q", door_queue(SENDER), f"{SENDER}.%23")
    api.call("DELETE", "policies", vhost, "renkei-dead")
    missing = {
        ("create", "queue", delivery_queue("welfare")),
        ("create", "exchange", "retry.1s"),
        ("create", "binding", "retry.1s ─#─▶ retry.1s"),
        ("create", "binding", f"{INTAKE_EXCHANGE} ─{SENDER}.#─▶ {door_queue(SENDER)}"),
        ("create", "policy", "renkei-dead"),
    }

    # When, Then
    assert shown(check(applied, expect=1)) == missing
    applied.apply()
    assert check(applied) == []


def test_a_binding_too_many_is_shown_and_never_removed(applied: Installation, rabbit_vhost: RabbitVhost) -> None:
    # Given: messages of one partner are let in at the door of another, and all are copied elsewhere
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    api.call("PUT", "queues", vhost, "copies", body={"durable": True})
    for queue, key in ((door_queue("welfare"), f"{SENDER}.#"), ("copies", "#")):
        api.call("POST", "bindings", vhost, "e", INTAKE_EXCHANGE, "q", queue, body={"routing_key": key})
    wanted = {
        ("differs", "binding", f"{INTAKE_EXCHANGE} ─{SENDER}.#─▶ {door_queue('welfare')}"),
        ("differs", "binding", f"{INTAKE_EXCHANGE} ─#─▶ copies"),
    }

    # When, Then
    assert shown(check(applied, expect=1)) == wanted
    left = apply(applied, "--overwrite", expect=1)
    assert shown(left) == wanted
    assert all("remove it by hand" in change["detail"] for change in left)


def test_a_foreign_policy_is_named_where_it_takes_the_place_of_ours(
    applied: Installation, rabbit_vhost: RabbitVhost
) -> None:
    # Given: one that is in nobody's way, and one that takes away the dead-letter exchange of a queue
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    body = {"definition": {"max-length": 9}, "apply-to": "queues", "priority": 99}
    api.call("PUT", "policies", vhost, "harmless", body={**body, "pattern": "^other"})
    assert shown(plan(applied)) == {("extra", "policy", "harmless")}
    assert check(applied) == []

    api.call("PUT", "policies", vhost, "greedy", body={**body, "pattern": r"^intake\.welfare$"})

    # When, Then
    found = check(applied, expect=1)
    assert shown(found) == {("differs", "queue", "intake.welfare")}
    assert found[0]["detail"] == "policy greedy holds here, should be renkei-work"


def test_a_queue_of_another_type_is_shown_and_left(installed: Installation, rabbit_vhost: RabbitVhost) -> None:
    installed.init()
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    api.call("PUT", "queues", vhost, DEAD_QUEUE, body={"durable": True, "arguments": {"x-queue-type": "classic"}})
    api.call("PUT", "exchanges", vhost, INTAKE_EXCHANGE, body={"type": "direct", "durable": True})

    left = apply(installed, "--overwrite", expect=1)

    assert shown(left) == {("differs", "queue", DEAD_QUEUE), ("differs", "exchange", INTAKE_EXCHANGE)}
    assert "x-queue-type is 'classic', should be 'quorum'" in " ".join(change["detail"] for change in left)


def test_the_user_that_may_only_look_sees_all_but_users(applied: Installation) -> None:
    address = applied.app.settings.management_url
    assert applied.app.administration(address).problems() == []

    refused = applied.renkei("topology", "check", expect=3)
    assert "config.topology" in refused.stderr
    assert "--management-url" in refused.stderr


def test_a_management_address_that_does_not_serve_is_said_so(installed: Installation) -> None:
    installed.init()
    unknown = with_user(installed.administrator, "nobody", "x")
    silent = installed.administrator.rpartition(":")[0] + ":1"
    for address, words, code in ((unknown, "the management user is unknown", 3), (silent, "it does not answer", 4)):
        refused = installed.renkei("topology", "plan", "--management-url", address, expect=code)
        assert words in refused.stderr


def test_without_a_management_address_only_queues_and_exchanges_are_compared(
    installed: Installation, rabbit_vhost: RabbitVhost
) -> None:
    installed.renkei("init", "--amqp-url", installed.amqp_url)
    own = rabbit_vhost.amqp_url

    # Given: applied over AMQP alone, by somebody with the right to configure
    planned = installed.renkei("topology", "plan", "--amqp-url", own, "--json")
    assert "no management address" in planned.stderr
    assert installed.json("topology", "apply", "--amqp-url", own) == []

    # When a policy is missing, Then that is not seen; When a queue is missing, Then it is
    assert installed.json("topology", "check", "--amqp-url", own) == []
    rabbit_vhost.management.call("DELETE", "queues", rabbit_vhost.vhost, DEAD_QUEUE)
    assert shown(installed.json("topology", "check", "--amqp-url", own, expect=1)) == {("create", "queue", DEAD_QUEUE)}


# --- delay tiers and dead-lettering, as the applied policies have them ---


def depths(hub: Installation) -> dict[str, int]:
    with connected(hub, HUB_USER) as connection:
        channel = connection.channel()
        return {
            queue.name: channel.queue_declare(queue.name, passive=True).method.message_count
            for queue in topology_of(hub).queues
        }


def test_each_tier_brings_a_message_home_after_its_time(applied: Installation) -> None:
    home = delivery_queue("welfare")
    with connected(applied, HUB_USER) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for tier, least in (("200ms", 0.2), ("500ms", 0.5), ("1s", 1.0)):
            # When
            began = time.monotonic()
            channel.basic_publish(f"retry.{tier}", home, tier.encode(), pika.BasicProperties(delivery_mode=2))
            # Then: not before its time, and in the queue named by its routing key
            found = next(body for body in polled(channel, home) if body is not None)
            assert found == tier.encode()
            assert time.monotonic() - began > least * 0.95
    assert set(depths(applied).values()) == {0}
