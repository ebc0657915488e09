"""Comparing a broker with the topology, and bringing it there. Differences are shown, never silently overwritten."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.brokers.management import Management, ManagementError
from hub.errors import BrokerUnavailable, ConfigError
from hub.ports.broker import Broker
from hub.topology import ALTERNATE, INTAKE_EXCHANGE, MUNICIPALITY_EXCHANGE, Policy, Topology, User

Action = Literal["create", "differs", "extra"]
_BAD_REQUEST, _NOT_FOUND = 400, 404
_OURS = re.compile(
    r"(intake|delivery|partner|answers|retry)\."
)  # how every queue is named that the configuration makes
_FOR_QUEUES = frozenset({"queues", "quorum_queues", "all"})  # what a policy is for, where it can meet one of ours


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind`: exchange, queue, binding, policy, user, rights. `detail`: what is and what should be.

    `extra`: there and not ours, and in nobody's way. `policy`: of another's making, which holds for this queue;
    `path`: where the management API deletes what is too much.
    """

    action: Action
    kind: str
    name: str
    detail: str = ""
    policy: str | None = None
    path: tuple[str, ...] = ()


class Administration:
    """One vhost of one broker, through its management API: all of it can be compared, and made without AMQP rights.

    Without a management address only exchanges and queues can be compared, and made together with their bindings, over
    AMQP: `broker`, which is not used otherwise.
    """

    def __init__(self, topology: Topology, broker: Broker | None, management: Management | None, vhost: str) -> None:
        self._topology, self._broker, self._management, self._vhost = topology, broker, management, vhost

    def plan(self) -> list[Change]:
        """Every difference, in the order `apply` works. Raises BrokerUnavailable, ConfigError."""
        if self._management is None:
            return self._missing()
        rights = (change for user in self._topology.users for change in self._rights(user))
        return [*self._content(), *rights, *self._left_over()]

    def problems(self) -> list[Change]:
        """What must not be at start: anything that is missing or differs, users apart. A read-only user suffices."""
        found = self._missing() if self._management is None else self._content()
        return [change for change in found if change.action != "extra"]

    def apply(self, passwords: Mapping[str, str], overwrite: bool = False) -> list[Change]:
        """Make what is missing; make what differs only with `overwrite`. Returns what still differs.

        Nothing is ever deleted. Users that are there keep their password. Raises ConfigError, BrokerUnavailable.
        """
        if self._management is None:
            self._over_amqp().declare(self._topology)
            return self._missing()
        for user in self._topology.users:
            self._is_nobody_elses(user.name)
        self._make({
            (change.kind, change.name)
            for change in self._content()
            if change.action == "create" or (overwrite and change.kind == "policy")
        })  # fmt: skip
        for user in self._topology.users:
            self._apply_user(user, passwords, overwrite)
        return [change for change in self.plan() if change.action != "extra"]

    def _missing(self) -> list[Change]:
        return [Change("create", kind, name) for kind, name in self._over_amqp().missing(self._topology)]

    def _over_amqp(self) -> Broker:
        assert self._broker is not None
        return self._broker

    def _content(self) -> list[Change]:
        """All but users: what a management user without any right of writing may see."""
        policies = self._list("policies")
        return [
            *self._policies(policies),
            *self._exchanges(),
            *self._queues(policies),
            *self._bindings(),
        ]

    def _policies(self, there: list[dict[str, Any]]) -> list[Change]:
        by_name = {one["name"]: one for one in there}
        changes = []
        for policy in self._topology.policies:
            found = by_name.pop(policy.name, None)
            if found is None:
                changes.append(Change("create", "policy", policy.name))
            elif difference := _difference(found, _policy_body(policy)):
                changes.append(Change("differs", "policy", policy.name, difference))
        changes += [Change("extra", "policy", name, f"pattern {one['pattern']}") for name, one in by_name.items()]
        return changes

    def _exchanges(self) -> list[Change]:
        there = {one["name"]: one for one in self._list("exchanges")}
        changes = []
        for exchange in self._topology.exchanges:
            found = there.get(exchange.name)
            if found is None:
                changes.append(Change("create", "exchange", exchange.name))
            elif exchange.alternate and (theirs := found["arguments"].get(ALTERNATE)) != exchange.alternate:
                raise _another(f"vhost {self._vhost}", theirs)
            elif difference := _difference(found, {"type": exchange.kind, "durable": True}):
                changes.append(Change("differs", "exchange", exchange.name, f"{difference}; only a new one can differ"))
        return changes

    def _queues(self, policies: list[dict[str, Any]]) -> list[Change]:
        there = {one["name"]: one for one in self._list("queues")}
        changes = []
        for queue in self._topology.queues:
            found = there.get(queue.name)
            wanted = _queue_arguments(queue.single_active)
            if found is None:
                changes.append(Change("create", "queue", queue.name))
            elif difference := _difference(found.get("arguments", {}), wanted):
                changes.append(Change("differs", "queue", queue.name, f"{difference}; only a new one can differ"))
            ours, holds = self._topology.winning_policy(queue.name), _winner(policies, queue.name)
            if ours is not None and holds is not None and holds != ours.name:
                detail = f"policy {holds} holds here, should be {ours.name}"
                changes.append(Change("differs", "queue", queue.name, detail, policy=holds))
        return changes

    def _bindings(self) -> list[Change]:
        """A binding too many is a difference: who speaks at which door rests on the bindings of the intake."""
        wanted = {(one.exchange, one.queue, one.routing_key): one for one in self._topology.bindings}
        names = {one.name for one in self._topology.exchanges} | {one.name for one in self._topology.queues}
        there = {
            (one["source"], one["destination"], one["routing_key"]): one
            for one in self._list("bindings")
            if one["source"] and names & {one["source"], one["destination"]}  # "": the default exchange has all queues
        }
        changes = [Change("create", "binding", _arrow(*key)) for key in wanted if key not in there]
        detail = "is not in the configuration; nothing is deleted here, so remove it by hand"
        changes += [
            Change("differs", "binding", _arrow(*key), detail, path=self._binding_path(there[key]))
            for key in sorted(there.keys() - wanted.keys())
        ]
        return changes

    def _binding_path(self, one: Mapping[str, Any]) -> tuple[str, ...]:
        to = "q" if one["destination_type"] == "queue" else "e"
        return ("bindings", self._vhost, "e", one["source"], to, one["destination"], one["properties_key"])

    def _left_over(self) -> list[Change]:
        """What an earlier configuration made and this one does not name. It stays: somebody has to decide about it."""
        queues = {queue.name for queue in self._topology.queues}
        changes = [
            Change("extra", "queue", one["name"], f"holds {one.get('messages', 0)} messages; not configured any more")
            for one in self._list("queues")
            if _OURS.match(one["name"]) and one["name"] not in queues
        ]
        users = {user.name for user in self._topology.users}
        changes += [
            Change("extra", "user", one["user"], "may still publish to the hub; not configured any more")
            for one in self._call("GET", "vhosts", self._vhost, "permissions")
            if one["write"] == f"^{INTAKE_EXCHANGE}$" and one["user"] not in users
        ]
        return changes

    def _make(self, wanted: Collection[tuple[str, str]]) -> None:
        """What is named by (kind, name). Policies first: no queue is without its dead-letter exchange for a moment."""
        for policy in self._topology.policies:
            if ("policy", policy.name) in wanted:
                self._call("PUT", "policies", self._vhost, policy.name, body=_policy_body(policy))
        for exchange in self._topology.exchanges:
            if ("exchange", exchange.name) in wanted:
                marks = {ALTERNATE: exchange.alternate} if exchange.alternate else {}
                body: dict[str, Any] = {"type": exchange.kind, "durable": True, "arguments": marks}
                self._call("PUT", "exchanges", self._vhost, exchange.name, body=body)
        for queue in self._topology.queues:
            if ("queue", queue.name) in wanted:
                body = {"durable": True, "arguments": _queue_arguments(queue.single_active)}
                self._call("PUT", "queues", self._vhost, queue.name, body=body)
        for binding in self._topology.bindings:
            if ("binding", _arrow(binding.exchange, binding.queue, binding.routing_key)) in wanted:
                place = ("bindings", self._vhost, "e", binding.exchange, "q", binding.queue)
                self._call("POST", *place, body={"routing_key": binding.routing_key})

    def _rights(self, user: User) -> list[Change]:
        account = self._find("users", user.name)
        if account is None:
            return [Change("create", "user", user.name)]
        self._is_nobody_elses(user.name)
        rights = self._find("permissions", self._vhost, user.name)
        if rights is None:
            return [Change("create", "rights", user.name)]
        differences = [_difference(rights, _rights_body(user))]
        if user.topic_write is not None:
            topics = self._find("topic-permissions", self._vhost, user.name) or []
            on_door: dict[str, Any] = next((one for one in topics if one["exchange"] == INTAKE_EXCHANGE), {})
            differences.append(_difference(on_door, _topic_body(user.topic_write)))
        if (tags := _tags(account)) != user.tags:
            differences.append(f"tags is {','.join(tags)!r}, should be {','.join(user.tags)!r}")
        found = "; ".join(difference for difference in differences if difference)
        return [Change("differs", "rights", user.name, found)] if found else []

    def _is_nobody_elses(self, user: str) -> None:
        """Users are the broker's, not the vhost's: one of this name that another municipality's hub works with would
        reach both. Raises ConfigError `config.municipality`."""
        own = next((one.alternate for one in self._topology.exchanges if one.alternate), None)
        for one in self._find("users", user, "permissions") or []:
            mark = self._find("exchanges", one["vhost"], MUNICIPALITY_EXCHANGE)
            if mark is not None and mark["arguments"].get(ALTERNATE) != own:
                raise _another(f"user {user} works on vhost {one['vhost']}, which", mark["arguments"].get(ALTERNATE))

    def _apply_user(self, user: User, passwords: Mapping[str, str], overwrite: bool) -> None:
        changes = self._rights(user)
        if not changes or (changes[0].action == "differs" and not overwrite):
            return
        if changes[0].kind == "user":
            if user.name not in passwords:
                raise ConfigError(f"no password for the broker user {user.name}: add secrets/{user.name}.password")
            password: dict[str, Any] = {"password": passwords[user.name]}
            self._call("PUT", "users", user.name, body=password | {"tags": ",".join(user.tags)})
        elif _tags(account := self._call("GET", "users", user.name)) != user.tags:
            password = {name: account[name] for name in ("password_hash", "hashing_algorithm")}
            self._call("PUT", "users", user.name, body=password | {"tags": ",".join(user.tags)})
        if user.topic_write is not None:  # first: rights without the limit would be too wide for a moment
            self._call("PUT", "topic-permissions", self._vhost, user.name, body=_topic_body(user.topic_write))
        self._call("PUT", "permissions", self._vhost, user.name, body=_rights_body(user))

    def _list(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] | None = self._find(kind, self._vhost)
        if found is None:
            raise ConfigError(
                f"the broker has no vhost {self._vhost}; create it, or correct amqp_url", "config.topology"
            )
        return found

    def _find(self, *path: str) -> Any:
        try:
            return self._call("GET", *path)
        except LookupError:
            return None

    def _call(self, method: str, *path: str, body: dict[str, Any] | None = None) -> Any:
        assert self._management is not None
        try:
            return self._management.call(method, *path, body=body)
        except ManagementError as error:
            if error.status == _NOT_FOUND:
                raise LookupError(path) from None
            if error.status in (401, 403):
                what = "may not see" if method == "GET" else "may not write"
                reason = f"the management user is unknown, or {what} {path[0]}; name one that may in --management-url"
            elif error.status == _BAD_REQUEST:
                reason = f"the broker refuses: {error}"
            else:
                raise BrokerUnavailable(
                    f"management API: status {error.status or 'none, it does not answer'}"
                ) from None
        raise ConfigError(reason, "config.topology")


def _another(what: str, mark: object) -> ConfigError:
    whose = str(mark).rpartition(".")[2]
    return ConfigError(f"{what} belongs to the municipality {whose}", "config.municipality")


def _winner(policies: list[dict[str, Any]], queue: str) -> str | None:
    """The name of the policy that holds for a queue: the broker takes one alone, by priority."""
    matching = [one for one in policies if one["apply-to"] in _FOR_QUEUES and _matches(one["pattern"], queue)]
    return str(max(matching, key=lambda one: int(one["priority"]))["name"]) if matching else None


def _matches(pattern: str, queue: str) -> bool:
    try:
        return re.search(pattern, queue) is not None
    except re.error:  # Erlang's expressions are wider than Python's; ours are plain
        return False


def _queue_arguments(single_active: bool) -> dict[str, Any]:
    return {"x-queue-type": "quorum"} | ({"x-single-active-consumer": True} if single_active else {})


def _policy_body(policy: Policy) -> dict[str, Any]:
    return {
        "pattern": policy.pattern,
        "definition": dict(policy.definition),
        "priority": policy.priority,
        "apply-to": "queues",
    }


def _rights_body(user: User) -> dict[str, Any]:
    return {"configure": user.configure, "write": user.write, "read": user.read}


def _topic_body(write: str) -> dict[str, Any]:
    return {"exchange": INTAKE_EXCHANGE, "write": write, "read": "^$"}


def _tags(account: Mapping[str, Any]) -> tuple[str, ...]:
    tags = account.get("tags", [])  # text before 3.9
    return tuple(tag for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag)


def _arrow(exchange: str, queue: str, routing_key: str) -> str:
    return f"{exchange} ─{routing_key}─▶ {queue}"


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key} is {found.get(key)!r}, should be {value!r}" for key, value in wanted.items() if found.get(key) != value
    )
