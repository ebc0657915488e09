"""Shared transport: messages to a queue the partner reads, confirmed by the broker."""

from connectors.amqp.publisher import AmqpConnector

__all__ = ["AmqpConnector"]
