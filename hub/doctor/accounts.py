"""Broker users beside those the hub needs: nobody else may write at a door or read what passes (R53)."""

import re
from collections.abc import Iterator
from typing import Any

from hub.brokers.management import Management, ManagementError
from hub.doctor.verdict import Verdict, failed, ok
from hub.topology import INTAKE_EXCHANGE, Topology

GUEST = "guest"


def examine(management: Management, topology: Topology, vhost: str) -> Iterator[Verdict]:
    """The management user must be an administrator. Administrators could give themselves any right, so they are told
    and no more."""
    accounts = {one["name"]: one for one in management.call("GET", "users")}
    administrators = sorted(name for name, one in accounts.items() if "administrator" in _tags(one))
    yield ok("broker.administrators", ", ".join(administrators))
    if GUEST in accounts:
        yield failed("broker.guest", "the user guest exists", _DELETE_GUEST)
    yield strangers(management.call("GET", "permissions"), topology, vhost, administrators)


def guest(management: Management) -> Verdict:
    """Whether the password everybody knows opens the broker from here."""
    try:
        management.as_user(GUEST, GUEST).call("GET", "whoami")
    except ManagementError as error:
        if error.status in (401, 403):
            return ok("broker.guest_login", "guest is not let in from here")
        raise
    return failed("broker.guest_login", "guest is let in with the password everybody knows", _DELETE_GUEST)


def strangers(rights: list[dict[str, Any]], topology: Topology, vhost: str, administrators: list[str]) -> Verdict:
    """Users with rights on the hub's vhost that the hub does not know."""
    known = {user.name for user in topology.users} | set(administrators)
    names = [queue.name for queue in topology.queues] + [exchange.name for exchange in topology.exchanges]
    found, fixes = [], []
    for one in sorted(rights, key=lambda each: str(each["user"])):
        if one["vhost"] != vhost or one["user"] in known:
            continue
        may = [kind for kind in ("configure", "write", "read") if any(_matches(one[kind], name) for name in names)]
        if may:
            door = ", and speak as any partner" if "write" in may and _matches(one["write"], INTAKE_EXCHANGE) else ""
            found.append(f"{one['user']} may {', '.join(may)} the hub's queues and exchanges{door}")
            fixes.append(f"rabbitmqctl clear_permissions -p {vhost} {one['user']}")
    if found:
        return failed("broker.strangers", "; ".join(found), "\n".join(fixes))
    return ok("broker.strangers", "nobody else has rights on the hub's queues")


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:  # Erlang's expressions are wider than Python's: what cannot be read is taken for a match
        return True


def _tags(account: dict[str, Any]) -> list[str]:
    tags = account.get("tags", [])  # text before 3.9
    return tags.split(",") if isinstance(tags, str) else list(tags)


_DELETE_GUEST = "rabbitmqctl delete_user guest"
