"""Broker adapters: RabbitMQ, and an in-process one for tests and where no RabbitMQ can be had."""
