"""The publisher for upstream systems: a partner's messages to the hub's door, confirmed, on kombu.

    with Client("amqp://welfare:…@broker/%2F", "welfare") as hub:
        hub.publish("welfare.eligibility", xml, purpose="child-medical-subsidy")

A call returns when the broker has the messages on disk. Whatever happens in between, a message keeps its id,
and the hub drops what arrives twice: publishing again after an error is always safe.
"""

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from kombu.connection import Connection

from hub import jwe
from hub.errors import BrokerUnavailable, Refused
from hub.hosts import each_host
from hub.jwe import PrivateKey, PublicKey
from hub.ports.tls import Tls

EXCHANGE = "intake"
WINDOW = 500  # messages under way at once: enough to hide the round trip, few enough to repeat after a loss
CONNECT_SECONDS = 5.0
MOST = 4 * 1024 * 1024  # bytes of what is read
_PERSISTENT = 2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_CODES = {403: "publish.forbidden", 530: "publish.forbidden", 404: "publish.unroutable"}


def new_id() -> str:
    """A fresh message id."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to the hub. `body`: XML, UTF-8, or sealed, as `content_type` says; `message_id`: a UUID.

    `purpose`: 事務手続コード.
    """

    type: str
    body: bytes = field(repr=False)
    purpose: str
    version: int = 1
    message_id: str = field(default_factory=new_id)
    correlation_id: str | None = None
    content_type: str = "application/xml"


def opened(body: bytes, content_type: str | None, message_id: str, key: PrivateKey, most: int = MOST) -> bytes:
    """What the hub put into this partner's queue, as it was before it was sealed. `message_id`, `content_type`: its
    properties; `most`: bytes.

    Raises Refused `receive.sealed` where it does not open, and `receive.sealed_id` where it was sealed for another
    message: somebody put it there once more under another id. Leave such a message unacked, and tell the hub's
    operator. What names no id, as a hub of an earlier version sealed it, opens under any.
    """
    if content_type != jwe.CONTENT_TYPE:
        return body
    return jwe.open_sealed(body, lambda kid: key if kid == key.kid else None, most, message_id)


class Client:
    """Publishes as one partner. Not thread-safe: one client per thread.

    `url`: of one broker, or of a cluster: amqp://user:password@one:5672,two:5672/vhost, tried in turn.
    `tls`: whom to trust and what to show, for an address `amqps`; without it whom the system trusts.
    `hub_key`: the hub's public key, the JWK that `renkei door-key show` prints. With it every body is sealed; without,
    it lies plain on the broker's disk until the hub takes it in.
    `patience`: seconds per call for which a lost connection, a blocked broker or a full queue is waited out.
    """

    def __init__(
        self, url: str, partner: str, patience: float = 30.0, tls: Tls | None = None, hub_key: str | None = None
    ) -> None:
        """Raises ConfigError `config.tls_file`, `config.sealing_key`."""
        self._hosts = itertools.cycle(each_host(url))
        self._partner = partner
        self._patience = patience
        self._tls = tls or Tls()
        self._key = None if hub_key is None else PublicKey(hub_key)
        self._door: _Door | None = None

    def publish(
        self,
        type: str,
        body: bytes,
        *,
        purpose: str,
        message_id: str | None = None,
        version: int = 1,
        correlation_id: str | None = None,
    ) -> str:
        """Publish one message and return its id. Raises as `publish_many`."""
        publication = Publication(type, body, purpose, version, message_id or new_id(), correlation_id)
        self.publish_many([publication])
        return publication.message_id

    def publish_many(self, publications: Sequence[Publication]) -> None:
        """Publish in order, pipelined; return when all are confirmed.

        Raises Refused `publish.unroutable` (the hub has no door for this partner, or is not set up),
        `publish.forbidden` (these credentials may not publish as this partner) or `publish.refused` (the
        broker takes no such message), and BrokerUnavailable when not all were confirmed in time. After an
        error some may have arrived: repeat the call with the same list.
        """
        for start in range(0, len(publications), WINDOW):
            # sealed once: what is published again after a loss is the same to the byte
            self._publish_window([self._sealed(each) for each in publications[start : start + WINDOW]])

    def close(self) -> None:
        """Close the connection; a later publish opens a new one."""
        if self._door is not None:
            self._door.close()
            self._door = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _sealed(self, publication: Publication) -> Publication:
        if self._key is None:
            return publication
        return replace(
            publication, body=self._key.seal(publication.body, publication.message_id), content_type=jwe.CONTENT_TYPE
        )

    def _publish_window(self, publications: Sequence[Publication]) -> None:
        deadline = time.monotonic() + self._patience
        left, pause = list(publications), _FIRST_PAUSE
        while True:
            trouble = "the hub's queue is full"
            try:
                self._door = self._door or _Door(next(self._hosts), self._partner, self._tls)
                left = self._door.publish(left, deadline)
                if left:
                    self.close()  # a channel that once met a queue without a leader may refuse for ever
            except _Lost as lost:
                left, trouble = lost.unconfirmed or left, lost.trouble
                self.close()
            except Refused:
                self.close()  # the broker may have closed the channel
                raise
            if not left:
                return
            if time.monotonic() + pause >= deadline:
                raise BrokerUnavailable(f"{len(left)} messages not confirmed in {self._patience:g} s: {trouble}")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


class _Lost(Exception):
    """The connection is gone. `unconfirmed`: what the broker had not confirmed by then."""

    def __init__(self, trouble: str, unconfirmed: list[Publication]) -> None:
        self.trouble = trouble
        self.unconfirmed = unconfirmed


class _Door:
    """One connection with one channel in confirm mode, and what is not confirmed on it yet."""

    def __init__(self, url: str, partner: str, tls: Tls) -> None:
        self._partner = partner
        # Without heartbeats, which would need a thread: a connection that died while idle is replaced on use.
        secured = tls.of_kombu(urlsplit(url).hostname or "") if urlsplit(url).scheme == "amqps" else False
        connection = Connection(url, connect_timeout=CONNECT_SECONDS, ssl=secured, login_method=tls.mechanism)  # type: ignore[no-untyped-call]
        self._transport = connection.transport  # used directly: Connection itself retries behind our back
        self._refusals = connection.channel_errors
        self._errors = (*connection.connection_errors, *self._refusals)
        self._pending: dict[int, Publication] = {}
        self._nacked: list[Publication] = []
        self._unroutable = False
        self._published = 0  # on this channel; the broker confirms by this count
        try:
            self._wire = self._transport.establish_connection()
            self._channel: Any = self._transport.create_channel(self._wire)
            self._channel.confirm_select()
        except self._errors as error:
            raise self._meaning(error) from error
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)

    def publish(self, publications: Sequence[Publication], deadline: float) -> list[Publication]:
        """Publish all and wait for the confirms; returns what the broker nacked. Raises Refused, _Lost."""
        self._nacked, self._unroutable = [], False
        self._pending = dict(enumerate(publications, start=self._published + 1))
        try:
            for publication in publications:
                self._send(publication, deadline)
            while self._pending:
                self._transport.drain_events(self._wire, timeout=_remaining(deadline))
        except self._errors as error:
            raise self._meaning(error) from error
        if self._unroutable:
            raise Refused("publish.unroutable", f"no queue takes messages of {self._partner}")
        return self._nacked

    def close(self) -> None:
        with suppress(*self._errors):  # a lost connection cannot be closed in order
            self._transport.close_connection(self._wire)

    def _send(self, publication: Publication, deadline: float) -> None:
        message = self._channel.prepare_message(
            publication.body,
            content_type=publication.content_type,
            content_encoding="utf-8",
            headers={"version": publication.version, "purpose": publication.purpose},
            properties={
                "message_id": publication.message_id,
                "type": publication.type,
                "correlation_id": publication.correlation_id or publication.message_id,
                "delivery_mode": _PERSISTENT,
            },
        )
        self._channel.basic_publish(
            message,
            exchange=EXCHANGE,
            routing_key=f"{self._partner}.{publication.type}",
            mandatory=True,
            timeout=_remaining(deadline),
        )
        self._published += 1

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settled(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._nacked += self._settled(tag, multiple)

    def _on_return(self, *_returned: object) -> None:
        self._unroutable = True

    def _settled(self, tag: int, multiple: bool) -> list[Publication]:
        tags = [each for each in self._pending if each <= tag] if multiple else [tag]
        return [self._pending.pop(each) for each in tags]

    def _meaning(self, error: Exception) -> Exception:
        """What an error of the library means to the caller: refused for good, or the connection lost."""
        code = getattr(error, "code", None)
        name = f"{self._partner}: the broker answered {code}" if code else type(error).__name__
        if code in _CODES:
            return Refused(_CODES[code], name)
        if isinstance(error, self._refusals):
            return Refused("publish.refused", name)
        return _Lost(name, list(self._pending.values()))


def _remaining(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
