"""Queues, exchanges, bindings and policies, computed from the configuration.

    partner ─▶ [intake] topic ─<partner>.#─▶ intake.<partner>        the door: written by the partner, untrusted
                              └─<p>.<type>─▶ intake.<partner>.urgent what protects somebody, a copy ahead of the door's
    hub ──▶ (default exchange) ────────────▶ intake.<partner>.hub    replies and replays: written by the hub, sealed
    hub ──▶ (default exchange) ────────────▶ delivery.<connector>[.urgent]
    connector ▶ (default exchange) ────────▶ partner.<partner>       read by the partner itself
    hub ──▶ [retry.<tier>] fanout ─────────▶ retry.<tier> ── TTL ──▶ (default exchange) ──▶ the origin queue
    broker ─ delivery limit ─▶ [dead] fanout ─▶ dead                 imported into the store by one role
    hub ──▶ (default exchange) ────────────▶ answers.<partner>       what became of what the partner sent; read by it
    hub ──▶ (default exchange) ────────────▶ audit.checkpoints       signed heads of the record, for a second keeper
    partner rejects ──▶ (default exchange) ▶ partner.<partner>.dead  the partner's own affair
    nobody publishes    [municipality]                               whose vhost this is, see `of_municipality`

Queue arguments carry only the queue type; everything else is policy, so it can change without redeclaring.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

INTAKE_EXCHANGE = "intake"
MUNICIPALITY_EXCHANGE = "municipality"
ALTERNATE = "alternate-exchange"
DEAD_EXCHANGE = "dead"
DEAD_QUEUE = "dead"
CHECKPOINT_QUEUE = "audit.checkpoints"
CHECKPOINTS_KEPT = 100_000  # a day and more of one each second; then the oldest goes: a newer one covers it
ANSWERS_KEPT = 100_000  # for a partner that does not read them; then the oldest goes: `renkei status` tells the same
HUB_USER = "renkei"
WATCH_USER = "renkei-watch"
KEEPER_USER = "renkei-keeper"
DELIVERY_LIMIT = 20
WORK_QUEUE_LENGTH = 1_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """`alternate`: where the broker sends what it cannot route; it cannot be changed any more."""

    name: str
    kind: str  # "topic" | "fanout"
    alternate: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """`single_active`: exclusive work; cannot be set by policy, so it is the one other argument."""

    name: str
    single_active: bool = False


@dataclass(frozen=True, slots=True)
class Binding:
    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A broker policy; `definition` uses the broker's own key names. Matched by name: 3.10 knows no quorum target."""

    name: str
    pattern: str
    definition: tuple[tuple[str, str | int], ...]
    priority: int = 10


@dataclass(frozen=True, slots=True)
class User:
    """A broker user and its rights, as regular expressions over names; "^$" is none.

    `topic_write`: routing keys it may use on the exchange `intake`, None for no limit; `tags`: for the management API.
    """

    name: str
    configure: str
    write: str
    read: str
    topic_write: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    policies: tuple[Policy, ...]
    users: tuple[User, ...]

    def winning_policy(self, queue: str) -> Policy | None:
        """The policy that holds for a queue: a broker takes one alone, by priority."""
        matching = [policy for policy in self.policies if re.search(policy.pattern, queue)]
        return max(matching, key=lambda policy: policy.priority) if matching else None

    def policy_of(self, queue: str) -> dict[str, str | int]:
        """The policy definition that applies to a queue."""
        policy = self.winning_policy(queue)
        return dict(policy.definition) if policy else {}


def door_queue(partner: str) -> str:
    """The queue a partner's own messages arrive in."""
    return f"intake.{partner}"


def hub_lane(partner: str) -> str:
    """The intake queue only the hub writes: a connector's replies, and replays of this partner's messages."""
    return f"intake.{partner}.hub"


def delivery_queue(connector: str) -> str:
    return f"delivery.{connector}"


def partner_queue(partner: str) -> str:
    """The queue a partner reads, where it is reached over the broker. What lies there is the partner's."""
    return f"partner.{partner}"


def answer_queue(partner: str) -> str:
    """The queue a partner hears in what became of what it published."""
    return f"answers.{partner}"


def rejected_queue(partner: str) -> str:
    """Where the broker puts what the partner rejects, or never settles."""
    return f"{partner_queue(partner)}.dead"


def urgent_lane(queue: str) -> str:
    """The queue beside a door or a delivery queue that what protects somebody goes through."""
    return f"{queue}.urgent"


def place_of(queue: str) -> tuple[str, str, bool]:
    """(hop, partner or connector, written by the hub alone) of a work queue."""
    side, _, rest = queue.partition(".")
    name, _, lane = rest.partition(".")
    return f"{side}.{name}", name, side == "delivery" or lane == "hub"


def retry_name(tier: str) -> str:
    """Exchange and queue of one delay tier, e.g. "retry.5s"."""
    return f"retry.{tier}"


_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def tier_ms(tier: str) -> int:
    """Milliseconds of a tier written as number and unit: "200ms", "5s", "2m", "1h". Raises ValueError."""
    number = tier.rstrip("msh")
    unit = tier[len(number) :]
    if not number.isdigit() or unit not in _UNITS or int(number) == 0:
        raise ValueError(f"{tier!r} is not a delay: write a number and ms, s, m or h, e.g. 5s")
    return int(number) * _UNITS[unit]


def build(
    doors: Iterable[str],
    repliers: Iterable[str],
    connectors: Iterable[str],
    tiers: Iterable[str],
    in_order: Collection[str] = (),
    urgent_types: Mapping[str, Collection[str]] = MappingProxyType({}),
    urgent_connectors: Collection[str] = (),
    readers: Collection[str] = (),
    told: Collection[str] = (),
) -> Topology:
    """The whole topology.

    `doors`: partners that publish; `repliers`: names whose hub lane is needed (doors and replying connectors);
    `connectors`: names with a delivery queue; `tiers`: delay tiers as in `tier_ms`; `in_order`: names whose
    messages one process at a time takes in, because some of them keep their order; `urgent_types`: by partner, the
    message types that go through a lane of their own as well; `urgent_connectors`: those that have one;
    `readers`: partners that read a queue of their own; `told`: partners that hear what became of their messages.
    """
    doors, tiers = tuple(doors), tuple(tiers)
    lanes = sorted(set(doors) | set(repliers))
    work = [
        *(Queue(door_queue(one), one in in_order) for one in doors),
        *(Queue(hub_lane(one), one in in_order) for one in lanes),
        *(Queue(urgent_lane(door_queue(one)), one in in_order) for one in urgent_types),
        *(Queue(delivery_queue(one)) for one in connectors),
        *(Queue(urgent_lane(delivery_queue(one))) for one in urgent_connectors),
    ]
    keep = (
        ("dead-letter-strategy", "at-least-once"),
        ("overflow", "reject-publish"),  # at-least-once silently falls back without it
        ("max-length", WORK_QUEUE_LENGTH),
    )
    policies = [
        Policy(
            "renkei-work",
            r"^(intake|delivery)\.",
            (("delivery-limit", DELIVERY_LIMIT), ("dead-letter-exchange", DEAD_EXCHANGE), *keep),
        ),
        Policy(
            "renkei-dead",
            rf"^{DEAD_QUEUE}$",
            (("overflow", "reject-publish"), ("max-length", WORK_QUEUE_LENGTH)),
        ),
    ]
    policies.append(
        Policy(
            "renkei-checkpoints",
            rf"^{re.escape(CHECKPOINT_QUEUE)}$",
            (("overflow", "drop-head"), ("max-length", CHECKPOINTS_KEPT)),
        )
    )
    policies.append(Policy("renkei-answers", r"^answers\.", (("overflow", "drop-head"), ("max-length", ANSWERS_KEPT))))
    for tier in tiers:
        policies.append(
            Policy(
                f"renkei-{retry_name(tier)}",
                rf"^retry\.{tier}$",
                (("message-ttl", tier_ms(tier)), ("dead-letter-exchange", ""), *keep),
            )
        )
    for one in readers:
        policies += _reader_policies(one, keep)
    of_partners = [Queue(name(one)) for one in readers for name in (partner_queue, rejected_queue)]
    of_partners += [Queue(answer_queue(one)) for one in told]
    return Topology(
        exchanges=(
            Exchange(INTAKE_EXCHANGE, "topic"),
            Exchange(DEAD_EXCHANGE, "fanout"),
            *(Exchange(retry_name(t), "fanout") for t in tiers),
        ),
        queues=(
            *work,
            *(Queue(retry_name(t)) for t in tiers),
            *of_partners,
            Queue(DEAD_QUEUE),
            Queue(CHECKPOINT_QUEUE),
        ),
        bindings=(
            *(Binding(INTAKE_EXCHANGE, door_queue(p), f"{p}.#") for p in doors),
            *(
                Binding(INTAKE_EXCHANGE, urgent_lane(door_queue(partner)), f"{partner}.{type}")
                for partner, types in urgent_types.items()
                for type in types
            ),
            *(Binding(retry_name(t), retry_name(t), "#") for t in tiers),
            Binding(DEAD_EXCHANGE, DEAD_QUEUE, "#"),
        ),
        policies=tuple(policies),
        users=(
            _hub_user(),
            _watch_user(),
            _keeper_user(),
            *(_partner_user(partner, partner in readers, partner in told) for partner in doors),
        ),
    )


def of_municipality(topology: Topology, code: str) -> Topology:
    """The same in a vhost that belongs to the municipality of this code, and to no other (R34).

    Names of queues carry no code, so two municipalities in one vhost would take each other's messages. The code is the
    alternate exchange of one exchange: the broker refuses to make it for another, over AMQP as by its management API.
    The exchange of the code's name is made after it, so where that is missing the vhost is not this municipality's.
    """
    own = f"{MUNICIPALITY_EXCHANGE}.{code}"
    marks = (Exchange(MUNICIPALITY_EXCHANGE, "fanout", own), Exchange(own, "fanout"))
    return replace(topology, exchanges=(*marks, *topology.exchanges))


def _reader_policies(partner: str, keep: tuple[tuple[str, str | int], ...]) -> list[Policy]:
    """A full queue refuses, so that the connector hears of it; what the partner rejects is kept beside."""
    dead = (("dead-letter-exchange", ""), ("dead-letter-routing-key", rejected_queue(partner)))
    return [
        Policy(
            f"renkei-{partner_queue(partner)}",
            rf"^partner\.{partner}$",
            (("delivery-limit", DELIVERY_LIMIT), *dead, *keep),
        ),
        Policy(
            f"renkei-{rejected_queue(partner)}",
            rf"^partner\.{partner}\.dead$",
            (("overflow", "reject-publish"), ("max-length", WORK_QUEUE_LENGTH)),
        ),
    ]


def _hub_user() -> User:
    """The hub publishes to its own queues and tiers, consumes its own queues, and may not write to the door."""
    return User(HUB_USER, "^$", r"^(amq\.default|retry\..+)$", r"^((intake|delivery)\..+|dead)$")


def _watch_user() -> User:
    """Looks at policies and bindings through the management API, and can neither read nor change a thing."""
    return User(WATCH_USER, "^$", "^$", "^$", tags=("management",))


def _keeper_user() -> User:
    """A second keeper of the record's checkpoints, elsewhere: reads them and nothing else (R48)."""
    return User(KEEPER_USER, "^$", "^$", rf"^{re.escape(CHECKPOINT_QUEUE)}$")


def _partner_user(partner: str, reads: bool, told: bool) -> User:
    """A partner publishes under its own routing keys, and reads nothing but queues of its own (R53)."""
    own = [rf"partner\.{partner}(\.dead)?"] * reads + [rf"answers\.{partner}"] * told
    read = f"^({'|'.join(own)})$" if own else "^$"
    return User(partner, "^$", f"^{INTAKE_EXCHANGE}$", read, rf"^{partner}\.")
