"""The RabbitMQ adapter: the only code that knows pika."""

from hub.brokers.rabbit.broker import RabbitBroker

__all__ = ["RabbitBroker"]
