"""Comparing a broker with the topology, and bringing it there. Differences are shown, never silently overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.brokers.management import Management, ManagementError
from hub.errors import BrokerUnavailable, ConfigError
from hub.ports.broker import Broker
from hub.topology import INTAKE_EXCHANGE, Policy, Topology, User

Action = Literal["create", "differs", "extra"]
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind`: exchange, queue, binding, policy, user, rights. `detail`: what is and what should be."""

    action: Action
    kind: str
    name: str
    detail: str = ""


class Administration:
    """One vhost of one broker, through AMQP for queues and through the management API for the rest.

    Without a management address only exchanges and queues can be compared and made.
    """

    def __init__(self, topology: Topology, broker: Broker, management: Management | None, vhost: str) -> None:
        self._topology, self._broker, self._management, self._vhost = topology, broker, management, vhost

    def plan(self) -> list[Change]:
        """Every difference, in the order `apply` works. Raises BrokerUnavailable."""
        missing = set(self._broker.missing(self._topology))
        changes = [*self._policies(), *self._extra_policies()] if self._management else []
        changes += [Change("create", "exchange", one.name) for one in self._topology.exchanges if one.name in missing]
        changes += [Change("create", "queue", one.name) for one in self._topology.queues if one.name in missing]
        if self._management:
            changes += [change for user in self._topology.users for change in self._rights(user)]
        return changes

    def problems(self) -> list[Change]:
        """What must not be at start: anything that is missing or differs. A read-only management user suffices."""
        return [change for change in self.plan() if change.action != "extra" and change.kind not in ("user", "rights")]

    def apply(self, passwords: Mapping[str, str], overwrite: bool = False) -> list[Change]:
        """Make what is missing; make what differs only with `overwrite`. Returns what still differs.

        Nothing is ever deleted. Users that are there keep their password. Raises ConfigError, BrokerUnavailable.
        """
        for change in self._policies() if self._management else []:
            if change.action == "create" or overwrite:
                self._put_policy(next(one for one in self._topology.policies if one.name == change.name))
        self._broker.declare(self._topology)
        if self._management:
            for user in self._topology.users:
                self._apply_user(user, passwords, overwrite)
        return [change for change in self.plan() if change.action != "extra"]

    def _policies(self) -> list[Change]:
        there = {one["name"]: one for one in self._get("policies", self._vhost)}
        changes = []
        for policy in self._topology.policies:
            found = there.get(policy.name)
            if found is None:
                changes.append(Change("create", "policy", policy.name))
            elif difference := _difference(found, _policy_body(policy)):
                changes.append(Change("differs", "policy", policy.name, difference))
        return changes

    def _extra_policies(self) -> list[Change]:
        known = {policy.name for policy in self._topology.policies}
        there = self._get("policies", self._vhost)
        return [
            Change("extra", "policy", one["name"], f"pattern {one['pattern']}")
            for one in there
            if one["name"] not in known
        ]

    def _rights(self, user: User) -> list[Change]:
        if self._find("users", user.name) is None:
            return [Change("create", "user", user.name)]
        rights = self._find("permissions", self._vhost, user.name)
        if rights is None:
            return [Change("create", "rights", user.name)]
        difference = _difference(rights, _rights_body(user))
        topics = self._find("topic-permissions", self._vhost, user.name) or []
        on_door = next((one for one in topics if one["exchange"] == INTAKE_EXCHANGE), None)
        if user.topic_write is not None:
            difference = difference or _difference(on_door or {}, _topic_body(user.topic_write))
        return [Change("differs", "rights", user.name, difference)] if difference else []

    def _apply_user(self, user: User, passwords: Mapping[str, str], overwrite: bool) -> None:
        changes = self._rights(user)
        if any(change.kind == "user" for change in changes):
            if user.name not in passwords:
                raise ConfigError(f"no password for the broker user {user.name}: add secrets/{user.name}.password")
            self._put({"password": passwords[user.name], "tags": ""}, "users", user.name)
        if changes and (overwrite or all(change.action == "create" for change in changes)):
            if user.topic_write is not None:  # first: rights without the limit would be too wide for a moment
                self._put(_topic_body(user.topic_write), "topic-permissions", self._vhost, user.name)
            self._put(_rights_body(user), "permissions", self._vhost, user.name)

    def _put_policy(self, policy: Policy) -> None:
        self._put(_policy_body(policy), "policies", self._vhost, policy.name)

    def _put(self, body: dict[str, Any], *path: str) -> None:
        self._call("PUT", *path, body=body)

    def _get(self, *path: str) -> Any:
        return self._call("GET", *path)

    def _find(self, *path: str) -> Any:
        try:
            return self._get(*path)
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
                raise ConfigError(
                    "the management user may not do this; use an administrator", "config.topology"
                ) from None
            raise BrokerUnavailable(f"management API: status {error.status}") from None


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


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key} is {found.get(key)!r}, should be {value!r}" for key, value in wanted.items() if found.get(key) != value
    )
