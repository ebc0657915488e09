"""One connection with one channel in confirm mode, which publishes one message at a time."""

import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from kombu.connection import Connection

from hub.errors import InDoubt, Refused, Retryable, Unavailable
from hub.ports.connector import SendContext, Wire
from hub.ports.tls import Tls

_PERSISTENT = 2
_CLOSING_SECONDS = 1.0
_TOO_LARGE = 311
_NOT_DONE = frozenset({403, 404})  # no right, no exchange: the broker closes the channel and has done nothing


class Line:
    """Used by one thread at a time. After an error it is good for nothing but to be closed."""

    def __init__(self, url: str, connect_timeout: float, read_timeout: float, tls: Tls) -> None:
        """Connect. Raises Unavailable, ConfigError `config.tls_file`."""
        parts = urlsplit(url)
        if parts.scheme not in ("amqp", "amqps"):  # the hub runs on its in-process broker
            raise Unavailable("deliver.unavailable", "there is no broker that could be reached over AMQP")
        self._read_timeout = read_timeout
        # Without heartbeats, which would need a thread: one that died while idle is found out before use.
        secured = tls.of_kombu(parts.hostname or "") if parts.scheme == "amqps" else False
        connection = Connection(url, connect_timeout=connect_timeout, ssl=secured, login_method=tls.mechanism)  # type: ignore[no-untyped-call]
        self._transport = connection.transport  # used directly: Connection itself retries behind our back
        self._errors = (*connection.connection_errors, *connection.channel_errors)
        self._answers: list[str] = []
        self._wire: Any = None
        try:
            self._wire = self._transport.establish_connection()
            self._pipe = self._wire.transport  # asked for again after a loss, it would connect anew
            with self._pipe.having_timeout(connect_timeout):  # the library would wait for ever
                self._channel: Any = self._transport.create_channel(self._wire)
                self._channel.confirm_select()
        except self._errors as error:
            self.drop()
            raise Unavailable("deliver.unavailable", _named(error)) from None
        self._channel.events["basic_ack"].add(lambda *_: self._answers.append("ack"))
        self._channel.events["basic_nack"].add(lambda *_: self._answers.append("nack"))
        self._channel.events["basic_return"].add(lambda *_: self._answers.append("return"))

    def publish(self, queue: str, wire: Wire, context: SendContext) -> None:
        """Publish, as `wire` says, and wait for the broker's word. Raises Unavailable, Retryable, InDoubt, Refused."""
        deadline = time.monotonic() + self._read_timeout
        headers = {"traceparent": context.traceparent} if context.traceparent else {}
        message = self._channel.prepare_message(
            wire.content,
            content_type=wire.content_type,
            content_encoding="utf-8",
            headers=headers,
            properties={
                "message_id": context.key,
                "correlation_id": context.correlation_id,
                "type": wire.operation,
                "delivery_mode": _PERSISTENT,
            },
        )
        self._answers.clear()
        try:
            self._channel.basic_publish(
                message, exchange="", routing_key=queue, mandatory=True, timeout=self._read_timeout
            )
            while not {"ack", "nack"} & set(self._answers):
                self._transport.drain_events(self._wire, timeout=max(deadline - time.monotonic(), 0.001))
        except self._errors as error:
            raise self._meaning(error) from None
        if "return" in self._answers:  # an unroutable message is returned, and then confirmed all the same
            raise Unavailable("deliver.unavailable", "the partner's queue is not there")
        if "nack" in self._answers:
            raise Retryable("deliver.throttled", "the partner's queue takes no more")

    def is_there(self) -> bool:
        """False when the connection ended while nobody looked."""
        try:
            self._transport.drain_events(self._wire, timeout=0.001)
        except TimeoutError:
            return bool(self._transport.verify_connection(self._wire))
        except self._errors:
            return False
        return bool(self._transport.verify_connection(self._wire))

    def close(self) -> None:
        """In order, as far as the broker answers at once."""
        with suppress(*self._errors), self._pipe.having_timeout(_CLOSING_SECONDS):
            self._transport.close_connection(self._wire)
        self.drop()

    def drop(self) -> None:
        """At once: whoever did not confirm may not answer a farewell either."""
        if self._wire is not None:
            self._wire.collect()

    @staticmethod
    def _meaning(error: Exception) -> Exception:
        code = getattr(error, "code", None)
        if code == _TOO_LARGE:
            return Refused("deliver.rejected", "the broker takes no message of this size")
        if code in _NOT_DONE:
            return Unavailable("deliver.unavailable", _named(error))
        return InDoubt("deliver.in_doubt", f"no confirm: {_named(error)}")


def _named(error: Exception) -> str:
    """Without its text, which may quote an address."""
    code = getattr(error, "code", None)
    named = type(error).__name__
    return f"{named} {code}" if code else named
