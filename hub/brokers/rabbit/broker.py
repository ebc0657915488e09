"""The broker adapter: a connection to publish on, another to consume from, and the few questions about topology."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from hub.brokers.rabbit.connection import Connection
from hub.brokers.rabbit.link import Link
from hub.brokers.rabbit.publisher import Publisher
from hub.brokers.rabbit.subscription import RabbitSubscription
from hub.errors import BrokerUnavailable, ConfigError
from hub.ports.broker import Outgoing, PublishOutcome
from hub.ports.tls import Tls
from hub.topology import ALTERNATE, Topology

_ANSWER_SECONDS = 30.0
_NOT_FOUND = 404
_QUORUM = {"x-queue-type": "quorum"}
_SINGLE_ACTIVE = {"x-single-active-consumer": True}

Question = Callable[[Channel, Callable[[Any], None]], None]


class RabbitBroker:
    """Implements `hub.ports.broker.Broker`. Connects on construction and comes back after every loss."""

    name = "rabbitmq"

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        """`tls`: for an address `amqps`; without it whom the system trusts. Raises ConfigError `config.tls_file`."""
        self._subscriptions: list[RabbitSubscription] = []
        self._questions: set[Future[Any]] = set()
        self._publisher = Publisher(url, tls)
        self._link = Link(url, "consume", self._up, self._down, tls)
        self._link.start()

    @property
    def version(self) -> str:
        self._link.wait_up()
        return self._link.server_version

    def problem(self, seconds: float) -> str | None:
        """Why it cannot publish and consume after so long at most; None as soon as it can."""
        for link in (self._link, self._publisher.link):
            try:
                link.wait_up(seconds)
            except BrokerUnavailable as error:
                return error.detail
            if link.blocked:
                return "blocked by a resource alarm"
        return None

    @property
    def ready(self) -> bool:
        return self._link.up and self._publisher.ready and not self._link.blocked

    def publish(self, batch: Sequence[Outgoing], timeout: float = 30.0) -> list[PublishOutcome]:
        return self._publisher.publish(batch, timeout)

    def subscribe(self, queue: str, prefetch: int, most_bytes: int | None = None) -> RabbitSubscription:
        subscription = RabbitSubscription(self._link, queue, prefetch, most_bytes)
        self._subscriptions.append(subscription)  # before the call: the next connection finds it there
        self._link.call(subscription.open)
        return subscription

    def declare(self, topology: Topology) -> None:
        def everything(channel: Channel, answer: Callable[[Any], None]) -> None:
            for exchange in topology.exchanges:
                marks = {ALTERNATE: exchange.alternate} if exchange.alternate else None
                channel.exchange_declare(
                    exchange.name, exchange.kind, durable=True, arguments=marks, callback=lambda _: None
                )
            for queue in topology.queues:
                arguments = _QUORUM | (_SINGLE_ACTIVE if queue.single_active else {})
                channel.queue_declare(queue.name, durable=True, arguments=arguments, callback=lambda _: None)
            for binding in topology.bindings:
                channel.queue_bind(binding.queue, binding.exchange, binding.routing_key, callback=lambda _: None)
            channel.basic_qos(prefetch_count=0, callback=answer)  # answered when all before it are

        try:
            self._ask(everything)
        except ChannelClosedByBroker as refusal:
            raise _refused(refusal) from None

    def missing(self, topology: Topology) -> list[tuple[str, str]]:
        exchanges = [one.name for one in topology.exchanges if not self._exists(_passive_exchange(one.name))]
        queues = [one.name for one in topology.queues if not self._exists(_passive_queue(one.name))]
        return [("exchange", name) for name in exchanges] + [("queue", name) for name in queues]

    def depth(self, queue: str) -> int:
        return int(self._look_at(queue).message_count)

    def unattended(self, queue: str) -> bool:
        found = self._look_at(queue)
        return bool(found.message_count and not found.consumer_count)

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()
        self._link.close()
        self._publisher.close()

    def _exists(self, question: Question) -> bool:
        try:
            self._ask(question)
        except ChannelClosedByBroker as refusal:
            if refusal.reply_code == _NOT_FOUND:
                return False
            raise _refused(refusal) from None
        return True

    def _look_at(self, queue: str) -> Any:
        try:
            return self._ask(_passive_queue(queue)).method
        except ChannelClosedByBroker as refusal:
            raise _refused(refusal) from None

    def _ask(self, question: Question) -> Any:
        """Put a question on a channel of its own: a refusal closes the channel."""
        answer: Future[Any] = Future()

        def closed(_channel: Channel, reason: Exception) -> None:
            if not answer.done():
                answer.set_exception(reason)

        def opened(channel: Channel) -> None:
            channel.add_on_close_callback(closed)

            def answered(value: Any) -> None:
                answer.set_result(value)
                channel.close()

            question(channel, answered)

        self._link.wait_up()
        self._questions.add(answer)
        try:
            if not self._link.call(lambda connection: _open(connection, opened)):
                raise BrokerUnavailable("connection lost")
            return answer.result(_ANSWER_SECONDS)
        except FutureTimeoutError:
            raise BrokerUnavailable(f"no answer within {_ANSWER_SECONDS:g} s") from None
        except ChannelClosedByBroker:
            raise
        except AMQPError as error:
            raise BrokerUnavailable(type(error).__name__) from None
        finally:
            self._questions.discard(answer)

    def _up(self, connection: Connection) -> None:
        for subscription in self._subscriptions:
            subscription.open(connection)

    def _down(self) -> None:
        for subscription in self._subscriptions:
            subscription.lost()
        for answer in list(self._questions):
            if not answer.done():
                answer.set_exception(BrokerUnavailable("connection lost"))


def _open(connection: Connection, opened: Callable[[Channel], None]) -> None:
    connection.channel(on_open_callback=opened)


def _refused(refusal: ChannelClosedByBroker) -> ConfigError:
    code = "config.municipality" if ALTERNATE in refusal.reply_text else "config.topology"
    return ConfigError(f"the broker refused: {refusal.reply_code} {refusal.reply_text}", code)


def _passive_queue(name: str) -> Question:
    return lambda channel, answer: channel.queue_declare(name, passive=True, callback=answer)


def _passive_exchange(name: str) -> Question:
    return lambda channel, answer: channel.exchange_declare(name, passive=True, callback=answer)
