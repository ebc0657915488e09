"""One thing after the other is broken; `renkei doctor` finds each, and the commands it prints heal them all."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from hub.client import Publication
from hub.doctor import Status
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from tests.doctors import Ward
from tests.installation import Installation, own_config, remove_user
from tests.nodes import RabbitVhost

QUEUE = "delivery.welfare"
DOOR = "intake.welfare"
STRANGER = "stranger"
Breaks = Callable[["Ward"], None]


@pytest.fixture
def ward(installed: Installation, rabbit_vhost: RabbitVhost) -> Iterator[Ward]:
    """No route keeps an order, so that no door is a single active consumer's."""
    if rabbit_vhost.node is None:
        pytest.skip("what is printed are rabbitmqctl commands: needs a private node")
    installed.init()
    for route in (own_config(installed) / "routes").glob("*.toml"):
        text = route.read_text(encoding="utf-8")
        route.write_text(text.replace('ordering = "sequence"', 'ordering = "none"'), encoding="utf-8")
    installed.apply()
    yield Ward(installed, rabbit_vhost)
    for user in (STRANGER, "guest"):
        remove_user(rabbit_vhost.management, user)


def _open_to_others(name: str) -> Callable[[Ward], None]:
    def breaks(ward: Ward) -> None:
        path = ward.made.root / name
        path.chmod(path.stat().st_mode | 0o044)

    return breaks


def _with_key(name: str) -> Callable[[Ward], None]:
    """Somebody copied it there and did not think of who can read it."""

    def breaks(ward: Ward) -> None:
        path = ward.made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a secret")
        path.chmod(0o644)

    return breaks


def _without_policy(ward: Ward) -> None:
    ward.call("DELETE", "policies", ward.vhost.vhost, "renkei-dead")


def _with_another_limit(ward: Ward) -> None:
    body = {"pattern": r"^(intake|delivery)\.", "definition": {"max-length": 5}, "apply-to": "queues", "priority": 10}
    ward.call("PUT", "policies", ward.vhost.vhost, "renkei-work", **body)


def _under_another_policy(ward: Ward) -> None:
    body = {"pattern": "^delivery.pmh$", "definition": {"max-length": 5}, "apply-to": "queues", "priority": 99}
    ward.call("PUT", "policies", ward.vhost.vhost, "somebody-elses", **body)


def _binding(ward: Ward, door: str) -> tuple[str, ...]:
    return ("bindings", ward.vhost.vhost, "e", "intake", "q", door)


def _without_binding(ward: Ward) -> None:
    ward.call("DELETE", *_binding(ward, DOOR), "welfare.#")


def _with_another_binding(ward: Ward) -> None:
    ward.call("POST", *_binding(ward, DOOR), routing_key="resident_registry.#")


def _with_wide_rights(ward: Ward) -> None:
    ward.call("PUT", "permissions", ward.vhost.vhost, "welfare", configure="^$", write="^intake$", read=".*")


def _with_a_tag(ward: Ward) -> None:
    account = ward.call("GET", "users", "welfare")
    assert isinstance(account, dict)
    kept = {name: account[name] for name in ("password_hash", "hashing_algorithm")}
    ward.call("PUT", "users", "welfare", **kept, tags="monitoring")


def _with_a_stranger(ward: Ward) -> None:
    ward.call("PUT", "users", STRANGER, password="known", tags="")
    ward.call("PUT", "permissions", ward.vhost.vhost, STRANGER, configure="^$", write="^intake$", read="^$")


def _with_guest(ward: Ward) -> None:
    ward.call("PUT", "users", "guest", password="guest", tags="administrator")


def _declared(name: str, arguments: dict[str, object]) -> Callable[[Ward], None]:
    def breaks(ward: Ward) -> None:
        ward.call("DELETE", "queues", ward.vhost.vhost, name)
        ward.call("PUT", "queues", ward.vhost.vhost, name, durable=True, arguments=arguments)
        if name == DOOR:
            ward.call("POST", *_binding(ward, DOOR), routing_key="welfare.#")

    return breaks


def _quorum(more: dict[str, object]) -> dict[str, object]:
    return {"x-queue-type": "quorum"} | more


def _without_queue(ward: Ward) -> None:
    ward.call("DELETE", "queues", ward.vhost.vhost, QUEUE)


def _without_exchange(ward: Ward) -> None:
    ward.call("DELETE", "exchanges", ward.vhost.vhost, "dead")


def _exchange_of_another_type(ward: Ward) -> None:
    ward.call("DELETE", "exchanges", ward.vhost.vhost, "dead")
    ward.call("PUT", "exchanges", ward.vhost.vhost, "dead", type="direct", durable=True)
    ward.call("POST", "bindings", ward.vhost.vhost, "e", "dead", "q", "dead", routing_key="#")


def _waived(ward: Ward) -> None:
    ward.made.configure('waive = ["policies"]\n')


def _without_tables(ward: Ward) -> None:
    database = ward.made.root / "data" / "hub.db"
    for file in database.parent.glob("hub.db*"):
        file.unlink()
    database.touch(mode=0o600)


F, W = Status.FAILED, Status.WARNING
FILES = [
    (_open_to_others(""), "home", F, "is open to others"),
    (_open_to_others("hub.toml"), "settings.file", F, "hub.toml is open to others"),
    (_open_to_others("secrets/welfare.password"), "secrets", F, "secrets/welfare.password is open"),
    (_with_key("tls/partners/pmh.key"), "keys.files", F, "tls/partners/pmh.key is open to others"),
    (_with_key("secrets/pmh.client-secret"), "keys.files", F, "secrets/pmh.client-secret is open to others"),
    (_waived, "waived", W, "policies"),
    (_without_tables, "database.schema", F, "at nothing, this version needs"),
    (_open_to_others("data/hub.db"), "database.file", F, "data/hub.db is open"),
    (_open_to_others("keys/master.key"), "master_key.file", F, "keys/master.key is open to others"),
]
MISSING = [
    (_without_policy, "broker.policies", F, "renkei-dead is missing"),
    (_with_another_limit, "broker.policies", F, "renkei-work differs"),
    (_without_binding, "broker.bindings", F, "welfare.#─▶ intake.welfare is missing"),
    (_without_queue, "broker.queues", F, "delivery.welfare is missing"),
    (_without_exchange, "broker.exchanges", F, "dead is missing"),
]
DIFFERENT = [
    (_under_another_policy, "broker.queues", F, "policy somebody-elses holds here"),
    (_declared(QUEUE, {"x-queue-type": "classic"}), "broker.queues", F, "should be 'quorum'"),
    (_declared(DOOR, {"x-queue-type": "classic"}), "broker.queues", F, "intake.welfare differs"),
    (_with_another_binding, "broker.bindings", F, "is not in the configuration"),
    (_exchange_of_another_type, "broker.exchanges", F, "should be 'fanout'"),
]
ARGUMENTS = [
    (_declared(QUEUE, _quorum({"x-max-length": 9})), "broker.arguments", W, "with x-max-length"),
    (_declared(DOOR, _quorum({"x-single-active-consumer": True})), "broker.arguments", W, "x-single-active-consumer"),
]
ACCOUNTS = [
    (_with_wide_rights, "broker.rights", F, "read is '.*', should be '^(answers"),
    (_with_a_tag, "broker.rights", F, "tags is 'monitoring', should be ''"),
    (_with_a_stranger, "broker.strangers", F, "stranger may write the hub's queues and exchanges, and speak as any"),
    (_with_guest, "broker.guest", F, "the user guest exists"),
]
ALONG = {"broker.guest": "broker.guest_login"}  # two sights of one thing


@pytest.mark.slow
@pytest.mark.parametrize(
    "injuries",
    [FILES, MISSING, DIFFERENT, ARGUMENTS, ACCOUNTS],
    ids=["files", "missing", "different", "arguments", "accounts"],
)
def test_each_thing_that_is_broken_is_found_and_the_printed_commands_heal_them_all(
    ward: Ward, injuries: list[tuple[Breaks, str, Status, str]]
) -> None:
    # Given all is well
    expected: dict[str, Status] = {}
    assert ward.ill() == {}

    for breaks, check, status, words in injuries:
        # When one more thing breaks
        breaks(ward)

        # Then that is found, and nothing else
        expected |= {check: status} | ({ALONG[check]: status} if check in ALONG else {})
        ill = ward.ill()
        assert {name: one.status for name, one in ill.items()} == expected
        assert words in ill[check].found

    # When somebody does what is printed
    fixes = dict.fromkeys(one.fix for one in ill.values())
    done = [ward.obey(fix) for fix in fixes]

    # Then
    assert all(done), fixes
    if any(breaks is _without_tables for breaks, *_ in injuries):  # which takes two persons to make good
        assert set(ward.ill()) == {"fence"}
        ward.made.found_fences()
    assert ward.ill() == {}


@pytest.mark.slow
def test_a_route_became_sequence_after_its_queues_were_declared(ward: Ward) -> None:
    # Given: a message at the door, so that deleting it would lose one
    process = ward.made.run("--role", "intake")
    process.send(signal.SIGSTOP)
    letter = resident_change(next(City(seed=3, persons=20).changes()))
    ward.made.publish(SENDER, [Publication(TYPE, letter, PURPOSE)])
    route = ward.made.root / "config/routes/resident-change.toml"
    text = route.read_text(encoding="utf-8")
    assert 'ordering = "latest"' in text
    route.write_text(text.replace('ordering = "latest"', 'ordering = "sequence"'), encoding="utf-8")

    # When
    ill = ward.ill()

    # Then
    assert set(ill) == {"broker.queues"}
    assert "x-single-active-consumer is None, should be True" in ill["broker.queues"].found

    # And: the printed commands do not delete a door that is not empty
    ward.obey(ill["broker.queues"].fix)
    assert set(ward.ill()) == {"broker.queues"}
    process.send(signal.SIGCONT)
    wait_until(lambda: accepted(ward) == 1, "the message is taken in", 30)
    assert process.stop() == 0

    # And once it is empty, all is well
    assert ward.obey(ill["broker.queues"].fix) > 4
    assert ward.ill() == {}


def accepted(ward: Ward) -> int:
    return sum(one.accepted for one in ward.made.app.store.balances() if one.hop == f"intake.{SENDER}")
