"""What a queue is beyond what the topology compares: arguments it should not have, and how many nodes hold it."""

from collections.abc import Iterator
from typing import Any

from hub.brokers.management import Management
from hub.doctor.topology import Place, recreate
from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.topology import Topology

_SINGLE = "x-single-active-consumer"
_MOST_COPIES = 3
_START_NODES = "rabbitmqctl cluster_status  # and start what is down"
_ARGUMENTS = frozenset({"x-queue-type", _SINGLE})


def examine(management: Management, topology: Topology, place: Place) -> Iterator[Verdict]:
    own = hubs(management, topology, place.vhost)
    yield arguments(own, topology, place)
    yield copies(own)


def hubs(management: Management, topology: Topology, vhost: str) -> dict[str, dict[str, Any]]:
    """The hub's queues that are there, as the management API tells them."""
    there = {one["name"]: one for one in management.call("GET", "queues", vhost)}
    return {queue.name: there[queue.name] for queue in topology.queues if queue.name in there}


def arguments(own: dict[str, dict[str, Any]], topology: Topology, place: Place) -> Verdict:
    """Arguments win over policies, and only a new queue can lose them. What is missing is told by the topology."""
    single = {queue.name for queue in topology.queues if queue.single_active}
    found = {}
    for name, one in own.items():
        given = one.get("arguments", {})
        extra = sorted(set(given) - _ARGUMENTS)
        if _SINGLE in given and name not in single:
            extra.append(_SINGLE)
        if extra:
            found[name] = f"{name} was declared with {', '.join(extra)}"
    if not found:
        return ok("broker.arguments", "no queue has arguments of its own")
    fix = "\n".join(recreate(name, place, topology) for name in found)
    return warning("broker.arguments", "; ".join(found.values()), fix)


def copies(own: dict[str, dict[str, Any]]) -> Verdict:
    """A quorum queue works while most of its members are online, and takes no message when they are not."""
    stuck, thin = [], []
    for name, one in own.items():
        members, online = one.get("members", []), one.get("online", [])
        if one.get("type") != "quorum" or not members:
            continue
        if len(online) * 2 <= len(members):
            stuck.append(name)
        elif len(online) < len(members):
            thin.append(name)
    if stuck:
        return failed(
            "broker.copies",
            f"most members are away: {', '.join(stuck)}",
            "rabbitmqctl cluster_status  # start what is down",
        )
    if thin:
        return warning("broker.copies", f"a member is away: {', '.join(thin)}", _START_NODES)
    return ok("broker.copies", "every queue has all its members")


def too_few(own: dict[str, dict[str, Any]], nodes: list[str], vhost: str) -> Verdict:
    """In a cluster a queue that was declared before a node joined lies on fewer nodes than it could."""
    wanted = min(_MOST_COPIES, len(nodes))
    thin = sorted(name for name, one in own.items() if 0 < len(one.get("members", [])) < wanted)
    if thin:
        fix = "\n".join(f"rabbitmq-queues grow {node} all --vhost-pattern '^{vhost}$'" for node in nodes)
        return warning("broker.spread", f"on fewer than {wanted} nodes: {', '.join(thin)}", fix)
    return ok("broker.spread", f"every queue lies on {wanted} node{'s' if wanted > 1 else ''}")
