"""The broker's nodes: all there, not parted from each other, with room on disk and in memory."""

from collections.abc import Iterator
from typing import Any

from hub.brokers.management import Management
from hub.doctor import queues
from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.topology import Topology

_MIB = 1024 * 1024


def examine(management: Management, topology: Topology, vhost: str) -> Iterator[Verdict]:
    """The management user must be an administrator, or monitor."""
    found: list[dict[str, Any]] = management.call("GET", "nodes")
    yield cluster(found)
    yield queues.too_few(queues.hubs(management, topology, vhost), [str(node["name"]) for node in found], vhost)
    for node in found:
        if node.get("running"):
            yield disk(node)
            yield memory(node)


def cluster(nodes: list[dict[str, Any]]) -> Verdict:
    """A node that was suspended and goes on is often not taken back: it stays parted, with its clients waiting, until
    it is restarted. The others see it as not running."""
    down = [node["name"] for node in nodes if not node.get("running")]
    parted = [node["name"] for node in nodes if len(node.get("partitions") or ()) * 2 > len(nodes)]
    parted = parted or [node["name"] for node in nodes if node.get("partitions")]
    if down and not parted:
        fix = "\n".join(f"systemctl start rabbitmq-server  # on {name.partition('@')[2]}" for name in down)
        return failed("broker.nodes", f"not running: {', '.join(down)}", fix)
    if parted:
        fix = "\n".join(f"rabbitmqctl -n {name} stop_app && rabbitmqctl -n {name} start_app" for name in parted)
        return failed("broker.nodes", f"parted from the others, clients on it wait: {', '.join(parted)}", fix)
    return ok("broker.nodes", f"{len(nodes)} running")


def disk(node: dict[str, Any]) -> Verdict:
    """At the limit the broker takes no message from anybody."""
    free, limit = node.get("disk_free"), node.get("disk_free_limit")
    check, name = "broker.disk", node["name"]
    look = f"rabbitmq-diagnostics -n {name} status  # free room on its data directory, or move it to a larger disk"
    if node.get("disk_free_alarm"):
        return failed(check, f"{name}: disk alarm, publishers are blocked", look)
    if not isinstance(free, int) or not isinstance(limit, int):
        return warning(check, f"{name} does not tell its free disk", f"rabbitmq-diagnostics -n {name} status")
    found = f"{name}: {free // _MIB} MiB free, alarm below {limit // _MIB} MiB"
    return warning(check, found, look) if free < 2 * limit else ok(check, found)


def memory(node: dict[str, Any]) -> Verdict:
    """Above the limit the broker takes no message from anybody."""
    used, limit = node.get("mem_used"), node.get("mem_limit")
    check, name = "broker.memory", node["name"]
    look = f"rabbitmq-diagnostics -n {name} memory_breakdown"
    if node.get("mem_alarm"):
        return failed(check, f"{name}: memory alarm, publishers are blocked", look)
    if not isinstance(used, int) or not isinstance(limit, int):
        return warning(check, f"{name} does not tell its memory", f"rabbitmq-diagnostics -n {name} status")
    found = f"{name}: {used // _MIB} of {limit // _MIB} MiB used"
    return warning(check, found, look) if used > 0.8 * limit else ok(check, found)
