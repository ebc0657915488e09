"""Where the named steps are: around the ports of one hub process, so that the hub itself knows nothing of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from connectors.http.connection import BoundedConnection
from hub import app, discovery
from hub.brokers.rabbit import RabbitBroker
from hub.brokers.rabbit.publisher import Publisher
from hub.brokers.rabbit.subscription import RabbitSubscription
from hub.ports.broker import Delivery, Outgoing, PublishOutcome, Tag
from hub.ports.connector import Connector, ConnectorSettings, Reply, SendContext, Wire
from hub.ports.store import Settlement
from hub.sandbox.faults.steps import Steps
from hub.sandbox.faults.witness import Witness, named
from hub.store import SqlStore, schema


def wire_worker(steps: Steps, witness: Witness) -> None:
    """A process of `renkei run`. The witness looks on."""
    _wire_consuming(steps, witness)
    _wire_settling(steps, witness)
    _wire_sending(steps)


def wire_replay(steps: Steps) -> None:
    """A process of `renkei dead replay`."""
    _after(SqlStore, "claim_items", lambda: steps.reached("replay_claimed"))
    _after(RabbitBroker, "publish", lambda: steps.reached("replay_published"))
    _after(SqlStore, "mark_items", lambda: steps.reached("replay_marked"))


def wire_migration(steps: Steps) -> None:
    """A process of `renkei migrate`: everything is done, nothing is committed."""
    _after(vars(schema)["command"], "upgrade", lambda: steps.reached("migrating"))


def _wire_consuming(steps: Steps, witness: Witness) -> None:
    handed_out: dict[Tag, str] = {}
    take, ack = RabbitSubscription.take, RabbitSubscription.ack

    def watched_take(self: RabbitSubscription, most: int, timeout: float) -> list[Delivery]:
        taken = take(self, most, timeout)
        if taken:
            handed_out.update({_whose(self, tag): name for tag, name in named(taken).items()})
            steps.reached("after_consume")
        return taken

    def watched_ack(self: RabbitSubscription, tags: Sequence[Tag]) -> None:
        mine = [_whose(self, tag) for tag in tags]
        witness.acking(mine, handed_out)
        for tag in mine:
            handed_out.pop(tag, None)
        ack(self, tags)

    RabbitSubscription.take = watched_take  # type: ignore[method-assign]
    RabbitSubscription.ack = watched_ack  # type: ignore[method-assign]


def _whose(subscription: RabbitSubscription, tag: Tag) -> Tag:
    """Tags are numbered per subscription: make them differ."""
    return Tag(tag.epoch + (id(subscription) << 32), tag.number)


def _wire_settling(steps: Steps, witness: Witness) -> None:
    confirm, publish, settle = Publisher._on_confirm, RabbitBroker.publish, SqlStore.settle

    def watched_confirm(self: Publisher, *of_lane: Any) -> None:
        steps.reached("after_publish")  # the broker has it, and the hub does not know
        confirm(self, *of_lane)

    def watched_publish(self: RabbitBroker, batch: Sequence[Outgoing], timeout: float = 30.0) -> list[PublishOutcome]:
        outcomes = publish(self, batch, timeout)
        witness.confirmed(batch, outcomes)
        steps.reached("after_confirm")
        return outcomes

    def watched_settle(self: SqlStore, batch: Sequence[Settlement]) -> None:
        witness.settling(batch)
        settle(self, batch)
        witness.settled(batch)
        steps.reached("after_commit")

    Publisher._on_confirm = watched_confirm  # type: ignore[assignment, method-assign]
    RabbitBroker.publish = watched_publish  # type: ignore[method-assign]
    SqlStore.settle = watched_settle  # type: ignore[assignment, method-assign]


def _wire_sending(steps: Steps) -> None:
    _after(SqlStore, "open_leases", lambda: steps.reached("after_lease"))
    getresponse, create = BoundedConnection.getresponse, discovery.create_connector

    def watched_getresponse(self: BoundedConnection) -> Any:
        steps.reached("during_delivery")  # the request is out, the answer is not in
        return getresponse(self)

    def watched_create(kind: str, settings: ConnectorSettings) -> Connector:
        connector: Any = create(kind, settings)
        send = connector.send

        def watched_send(wire: Wire, context: SendContext) -> Iterable[Reply]:
            steps.reached("before_send")
            replies = send(wire, context)
            steps.reached("after_effect")  # the partner has acted and said so, and nothing is written down
            return replies  # type: ignore[no-any-return]

        connector.send = watched_send
        return connector  # type: ignore[no-any-return]

    BoundedConnection.getresponse = watched_getresponse  # type: ignore[method-assign]
    app.create_connector = watched_create  # type: ignore[attr-defined]


def _after(owner: Any, name: str, then: Callable[[], None]) -> None:
    """Call `then` each time the function has returned."""
    original: Callable[..., Any] = getattr(owner, name)

    def watched(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        then()
        return result

    setattr(owner, name, watched)
