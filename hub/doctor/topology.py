"""Exchanges, queues, bindings, policies and rights beside the configuration, each difference with its way out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hub.brokers.administration import Change
from hub.doctor.verdict import Verdict, failed, ok
from hub.topology import Topology

_KINDS = {"exchange": "exchanges", "queue": "queues", "binding": "bindings", "policy": "policies"}
_ACCOUNTS = {"user": "rights", "rights": "rights"}


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
    for word in dict.fromkeys(kinds.values()):
        own = [one for one in changes if kinds.get(one.kind) == word and one.action != "extra"]
        check = f"broker.{word}"
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

    The broker refuses to delete a quorum queue `--if-empty`, and ends with 0 all the same: the shell has to look.
    """
    writers = [user.name for user in topology.users if user.topic_write is not None and queue == f"intake.{user.name}"]
    stop = (
        f"rabbitmqctl clear_permissions -p {place.vhost} {writers[0]}  # the sender waits, and loses nothing"
        if writers
        else "stop the processes that write to it: all but those that consume it"
    )
    messages = f"rabbitmqctl -q list_queues -p {place.vhost} name messages | awk '$1 == \"{queue}\" {{print $2}}'"
    return "\n".join([
        stop,
        f"{messages}  # wait until this is 0: processes that were not restarted since go on emptying it",
        "stop every `renkei run` that consumes it",
        f'test "$({messages})" = 0 && rabbitmqctl delete_queue -p {place.vhost} {queue}',
        place.apply,
        "start the processes again",
    ])  # fmt: skip


def _delete(place: Place, *path: str) -> str:
    address = "/".join([place.api, "api", *(quote(each, safe="") for each in path)])
    return f"curl -sS -u ADMIN -X DELETE '{address}'"
