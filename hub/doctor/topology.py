"""Exchanges, queues, bindings, policies and rights beside the configuration, each difference with its way out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hub.brokers.administration import Change
from hub.doctor.verdict import Verdict, failed, ok
from hub.topology import Topology

_KINDS = {
    "exchange": "broker.exchanges",
    "queue": "broker.queues",
    "binding": "broker.bindings",
    "policy": "broker.policies",
}
_ACCOUNTS = {"user": "broker.rights", "rights": "broker.rights"}
_COUNTED_SECONDS = 10  # a quorum queue's messages are counted every 5 s: until then `list_queues` may say 0


@dataclass(frozen=True, slots=True)
class Place:
    """What commands need. `api`: management address without a login; `administrator`: with one to be filled in."""

    api: str
    vhost: str
    renkei: str
    administrator: str

    @property
    def apply(self) -> str:
        return f"{self.renkei} topology apply --management-url {self.administrator}"


def examine(changes: Sequence[Change], place: Place, topology: Topology, accounts: bool) -> Iterator[Verdict]:
    """One verdict per kind. `accounts`: users and rights were looked at."""
    kinds = _KINDS | (_ACCOUNTS if accounts else {})
    for check in dict.fromkeys(kinds.values()):
        own = [one for one in changes if kinds.get(one.kind) == check and one.action != "extra"]
        if not own:
            yield ok(check, "as configured")
            continue
        told = "; ".join(
            f"{one.name} {'is missing' if one.action == 'create' else f'differs: {one.detail}'}" for one in own
        )
        yield failed(check, told, "\n".join(dict.fromkeys(_fix(one, place, topology) for one in own)))


def _fix(change: Change, place: Place, topology: Topology) -> str:
    if change.action == "create":
        return place.apply
    match change.kind:
        case "policy" | "rights":
            return f"{place.apply} --overwrite"
        case "queue" if change.policy is not None:
            return f"rabbitmqctl clear_policy -p {place.vhost} {change.policy}"
        case "queue":
            return recreate(change.name, place, topology)
        case "exchange":
            return f"{_delete(place, 'exchanges', place.vhost, change.name)}\n{place.apply}"
        case _:
            return _delete(place, *change.path)


def recreate(queue: str, place: Place, topology: Topology) -> str:
    """A queue's type and arguments are those of its declaration: only a new queue can have others.

    The broker refuses to delete a quorum queue `--if-empty`, and `rabbitmqctl` ends with 0 all the same: the shell has
    to look. A channel may go on with rights it was once found to have: a sender kept out is cut off as well.
    """
    writers = [user.name for user in topology.users if user.topic_write is not None and queue == f"intake.{user.name}"]
    stop = (
        f"rabbitmqctl clear_permissions -p {place.vhost} {writers[0]}  # what the broker has confirmed stays\n"
        f"rabbitmqctl close_all_user_connections {writers[0]} maintenance"
        if writers
        else "stop the processes that write to it: all but those that consume it"
    )
    messages = f"rabbitmqctl -q list_queues -p {place.vhost} name messages | awk '$1 == \"{queue}\" {{print $2}}'"
    return "\n".join([
        stop,
        f"{messages}  # wait until this is 0: processes that were not restarted since go on emptying it",
        "stop every `renkei run` that consumes it",
        f"sleep {_COUNTED_SECONDS}",
        f'test "$({messages})" = 0 && rabbitmqctl delete_queue -p {place.vhost} {queue}',
        place.apply,
        "start the processes again",
    ])  # fmt: skip


def _delete(place: Place, *path: str) -> str:
    address = "/".join([place.api, "api", *(quote(each, safe="") for each in path)])
    return f"curl -sS -u ADMIN -X DELETE '{address}'"
