"""Putting together what a consumer is handed, frame by frame.

pika's channel would do it in some thirty calls per message, and keep a body of 100 MB until it is complete: a few would
fill the hub's memory. All frames but those of deliveries are pika's.
"""

import struct
from collections.abc import Callable
from typing import Any

from pika import data
from pika.exceptions import AMQPError
from pika.spec import BasicProperties

from hub.ports.broker import KEPT_BYTES, Properties

_METHOD, _HEADER, _BODY = 1, 2, 3
_DELIVER = struct.pack(">HH", 60, 60)
_HEAD = struct.Struct(">4xQH")  # of a content header: size of the body, which properties follow
_MORE_FLAGS = 1

# In the order they follow each other.
_CONTENT_TYPE, _ENCODING = BasicProperties.FLAG_CONTENT_TYPE, BasicProperties.FLAG_CONTENT_ENCODING
_HEADERS = BasicProperties.FLAG_HEADERS
_OCTETS = (BasicProperties.FLAG_DELIVERY_MODE, BasicProperties.FLAG_PRIORITY)
_CORRELATION_ID, _REPLY_TO = BasicProperties.FLAG_CORRELATION_ID, BasicProperties.FLAG_REPLY_TO
_EXPIRATION, _MESSAGE_ID = BasicProperties.FLAG_EXPIRATION, BasicProperties.FLAG_MESSAGE_ID
_TIMESTAMP = BasicProperties.FLAG_TIMESTAMP
_TYPE, _USER_ID = BasicProperties.FLAG_TYPE, BasicProperties.FLAG_USER_ID

# What pika raises on a date beyond the year 9999, on nesting beyond Python's stack, on an unknown field type.
_UNDECODABLE = (AMQPError, struct.error, ValueError, ArithmeticError, OSError, RecursionError)

# number, redelivered, properties, body, size of the whole body where that is its beginning, else 0
HandOut = Callable[[int, bool, Properties, bytes, int], None]


class Receiver:
    """The deliveries of one channel. On the connection's thread only.

    `most`: a body longer than this is cut to its beginning, None for any length.
    """

    def __init__(self, most: int | None, hand_out: HandOut) -> None:
        self._most, self._hand_out = most, hand_out
        self._number: int | None = None  # of the delivery whose content is to come
        self._redelivered = False
        self._properties = Properties()
        self._size = self._wanted = self._arrived = 0
        self._parts: list[bytes] = []

    def takes(self, kind: int, payload: bytes) -> bool:
        """The frame belongs to a delivery. What is complete is handed out at once."""
        if kind == _METHOD:
            if not payload.startswith(_DELIVER):
                return False
            at = 5 + payload[4]  # behind the consumer's name
            self._number = int.from_bytes(payload[at : at + 8], "big")
            self._redelivered = payload[at + 8] & 1 == 1
            return True
        if self._number is None or kind not in (_HEADER, _BODY):
            return False
        if kind == _HEADER:
            self._size, self._properties = decode(payload)
            whole = self._most is None or self._size <= self._most
            self._wanted = self._size if whole else min(self._most or 0, KEPT_BYTES)
            self._arrived, self._parts = 0, []
        else:
            self._arrived += len(payload)
            self._parts.append(payload[: self._wanted])
            self._wanted -= len(self._parts[-1])
        if self._arrived >= self._size:
            self._complete(self._number)
        return True

    def _complete(self, number: int) -> None:
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._number, self._parts = None, []
        cut = len(body) < self._size
        self._hand_out(number, self._redelivered, self._properties, body, self._size if cut else 0)


def decode(header: bytes) -> tuple[int, Properties]:
    """Size of the body, and the properties, of a content header. Whatever its sender wrote, it raises nothing."""
    size, flags = _HEAD.unpack_from(header)
    try:
        return size, _properties(header, _HEAD.size, flags)
    except (IndexError, struct.error):
        return size, Properties(undecodable=True)


def _properties(header: bytes, at: int, flags: int) -> Properties:
    more = flags
    while more & _MORE_FLAGS:
        more = int.from_bytes(header[at : at + 2], "big")
        at += 2

    def text(flag: int) -> str | None:
        nonlocal at
        if not flags & flag:
            return None
        begin = at + 1
        at = begin + header[at]
        return header[begin:at].decode(errors="replace")  # not everybody writes UTF-8

    content_type = text(_CONTENT_TYPE)
    text(_ENCODING)
    headers: Any = {}
    undecodable = False
    if flags & _HEADERS:
        try:
            headers = data.decode_table(header, at)[0]
        except _UNDECODABLE:
            undecodable = True
        at += 4 + int.from_bytes(header[at : at + 4], "big")
    at += sum(1 for flag in _OCTETS if flags & flag)
    correlation_id = text(_CORRELATION_ID)
    reply_to = text(_REPLY_TO)
    text(_EXPIRATION)
    message_id = text(_MESSAGE_ID)
    at += 8 if flags & _TIMESTAMP else 0
    kind = text(_TYPE)
    user_id = text(_USER_ID)
    return Properties(message_id, correlation_id, kind, content_type, user_id, reply_to, headers, undecodable)
