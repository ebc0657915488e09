"""pika's connection, mended where a hub needs more: it survives any header, and moves many messages per system call.

What is overridden is not part of pika's documented interface; tests/contract and tests/integration show that it holds.
"""

import struct
from typing import Any

from pika.adapters.select_connection import SelectConnection
from pika.frame import decode_frame
from pika.spec import FRAME_END, FRAME_HEADER_SIZE

from hub.brokers.rabbit.receiver import Receiver

_READ_BYTES = 64 * 1024  # pika reads 4 KiB at a time: one or two messages per call
_FRAME = struct.Struct(">BHL")  # kind, channel, size of the payload


class Connection(SelectConnection):
    """A connection that no message can end, whatever its sender wrote into the headers.

    `receivers`: by number of the channel; they are given its deliveries, and pika is not.
    """

    _frame_buffer: bytes
    bytes_received: int

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.receivers: dict[int, Receiver] = {}
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
            kind, channel, size = _FRAME.unpack_from(buffer, offset)
            payload = offset + FRAME_HEADER_SIZE
            last = payload + size
            if last >= len(buffer):
                break
            receiver = self.receivers.get(channel)
            if receiver is None or buffer[last] != FRAME_END or not receiver.takes(kind, buffer[payload:last]):
                self._process_frame(decode_frame(buffer[offset : last + 1])[1])  # type: ignore[attr-defined]
            offset = last + 1
        self._frame_buffer = buffer[offset:]
        self.bytes_received += offset  # what the heartbeat goes by
