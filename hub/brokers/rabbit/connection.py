"""pika's connection, mended where a hub needs more: it survives any header, and moves many messages per system call.

What is overridden is not part of pika's documented interface; tests/contract and tests/integration show that it holds.
"""

import struct
from typing import Any

from pika.adapters.select_connection import SelectConnection
from pika.exceptions import AMQPError
from pika.frame import Frame, Header, decode_frame
from pika.spec import FRAME_HEADER, FRAME_HEADER_SIZE, BasicProperties

from hub.brokers.rabbit.cutter import Cutter

_READ_BYTES = 64 * 1024  # pika reads 4 KiB at a time: one or two messages per call
_PAYLOAD_SIZE = struct.Struct(">3xL")
_END_SIZE = 1
_CONTENT_HEAD = struct.Struct(">HxxQH")  # class, weight, size of the body, which properties follow
_HAS_TEXT_BEFORE_HEADERS = (BasicProperties.FLAG_CONTENT_TYPE, BasicProperties.FLAG_CONTENT_ENCODING)

# What pika raises on a date beyond the year 9999, on nesting beyond Python's stack, on an unknown field type.
_UNDECODABLE = (AMQPError, struct.error, ValueError, ArithmeticError, OSError, RecursionError)


class SalvagedProperties(BasicProperties):
    """Properties of a message whose headers cannot be decoded: everything but the headers."""


class Connection(SelectConnection):
    """A connection that no message can end, whatever its sender wrote into the headers."""

    _frame_buffer: bytes
    bytes_received: int

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.cutter = Cutter()
        super().__init__(*arguments, **options)

    def emit(self, frames: bytes) -> None:
        """Send encoded frames as they are. On the connection's thread only."""
        self._output_marshaled_frames([frames])  # type: ignore[attr-defined]

    def _proto_connection_made(self, transport: object) -> None:
        transport._MAX_RECV_BYTES = _READ_BYTES  # type: ignore[attr-defined]
        super()._proto_connection_made(transport)  # type: ignore[misc]

    def _on_data_available(self, data: bytes) -> None:
        # pika's own copies what is left of the buffer for every frame: costly where many frames come at once
        buffer = self._frame_buffer + data
        offset, available = 0, len(buffer) - FRAME_HEADER_SIZE
        while offset <= available:
            end = offset + FRAME_HEADER_SIZE + _PAYLOAD_SIZE.unpack_from(buffer, offset)[0] + _END_SIZE
            if end > len(buffer):
                break
            frame = self.cutter.pass_on(_decode(buffer[offset:end]))
            if frame is not None:
                self._process_frame(frame)  # type: ignore[attr-defined]
            offset = end
        self._frame_buffer = buffer[offset:]
        self.bytes_received += offset  # what the heartbeat goes by


def _decode(frame: bytes) -> Frame:
    try:
        decoded: Frame = decode_frame(frame)[1]  # type: ignore[assignment]
        return decoded
    except _UNDECODABLE:
        if frame[0] != FRAME_HEADER:
            raise
        return _salvaged(frame)


def _salvaged(frame: bytes) -> Header:
    """The header frame without its table of headers."""
    channel = int.from_bytes(frame[1:3], "big")
    payload = frame[FRAME_HEADER_SIZE:-_END_SIZE]
    _, body_size, flags = _CONTENT_HEAD.unpack_from(payload)
    table = _CONTENT_HEAD.size
    for flag in _HAS_TEXT_BEFORE_HEADERS:
        if flags & flag:
            table += 1 + payload[table]
    behind = table + 4 + int.from_bytes(payload[table : table + 4], "big")
    kept = (
        struct.pack(">H", flags & ~BasicProperties.FLAG_HEADERS)
        + payload[_CONTENT_HEAD.size : table]
        + payload[behind:]
    )
    properties = SalvagedProperties()
    properties.decode(kept)
    return Header(channel, body_size, properties)
