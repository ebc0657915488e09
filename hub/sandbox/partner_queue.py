"""A simulated partner's queue on the broker: it reads, answers through its own door of the hub, and then acks."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from kombu.connection import Connection

from hub.client import Client, Publication
from hub.errors import RenkeiError
from hub.sandbox import queue_keys
from hub.sandbox.partner import Answer, Partner, Request
from hub.sandbox.partner_http import Moods

AGAIN_SECONDS = 0.2
_BEFORE = frozenset({"500", "reset"})  # handed back, and delivered anew
_AFTER = frozenset({"500_after", "reset_after", "timeout_after"})  # answered, and then delivered anew
_SHOWN = _BEFORE | _AFTER | {"latency"}


class QueueDesk:
    """Reads `partner.<name>` on a thread of its own as soon as it knows where. An answer goes out before the ack.

    The behaviour gets each message as a request to "/queue" and answers with the body of one message, whose type and
    purpose stand in the answer's `content_type` as "type; purpose".
    """

    def __init__(self, partner: Partner, moods: Moods, data: Path) -> None:
        self._partner, self._moods, self._name = partner, moods, data.name

    def connect(self, address: str, hub_key: str | None) -> None:
        """`address`: of the broker, for the partner's own user; `hub_key`: to seal answers to. Called once."""
        threading.Thread(target=self._run, args=(address, hub_key), daemon=True).start()

    def _run(self, address: str, hub_key: str | None) -> None:
        while True:
            with (
                suppress(OSError, RenkeiError, *_errors(address)),
                Client(address, self._name, hub_key=hub_key) as door,
            ):
                self._read(address, door)
            time.sleep(AGAIN_SECONDS)

    def _read(self, address: str, door: Client) -> None:
        connection = Connection(address)  # type: ignore[no-untyped-call]
        transport = connection.transport
        wire = transport.establish_connection()
        try:
            channel: Any = transport.create_channel(wire)
            channel.basic_qos(0, 16, False)
            channel.basic_consume(f"partner.{self._name}", callback=lambda message: self._work(channel, message, door))
            while True:
                with suppress(TimeoutError):
                    transport.drain_events(wire, timeout=1)
        finally:
            transport.close_connection(wire)

    def _work(self, channel: Any, message: Any, door: Client) -> None:
        mode = self._moods.draw(_SHOWN)
        tag, properties = message.delivery_tag, message.properties
        if mode.mode in _BEFORE:
            channel.basic_reject(tag, requeue=True)
            return
        if mode.mode == "latency":
            time.sleep(mode.seconds)
        key, correlation_id = properties["message_id"], properties["correlation_id"]
        raw = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        body = queue_keys.opened(self._name, properties.get("content_type"), key, raw)
        answer = self._partner.handle(Request("POST", "/queue", body, key, correlation_id))
        if not 200 <= answer.status < 300:
            channel.basic_reject(tag, requeue=False)
            return
        door.publish_many([_reply(answer, key, correlation_id)])
        if mode.mode in _AFTER:
            channel.basic_reject(tag, requeue=True)
        else:
            channel.basic_ack(tag)


def _reply(answer: Answer, key: str, correlation_id: str) -> Publication:
    """Under an id made of the question's: asked again, it is the same message."""
    kind, _, purpose = answer.content_type.partition("; ")
    return Publication(
        kind, answer.body, purpose, message_id=str(uuid5(UUID(key), "answer")), correlation_id=correlation_id
    )


def _errors(address: str) -> tuple[type[Exception], ...]:
    connection = Connection(address)  # type: ignore[no-untyped-call]
    return (*connection.connection_errors, *connection.channel_errors)
