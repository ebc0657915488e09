"""Cutting bodies that are too large while they arrive: a few of 100 MB would otherwise fill the hub's memory."""

from pika.frame import Body, Frame, Header
from pika.spec import BasicProperties

from hub.ports.broker import KEPT_BYTES

# pika hands the properties through to the consumer untouched; the number of bytes cut from the body rides on them
_WHOLE_SIZE = "renkei_whole_size"


class Cutter:
    """Lets through the beginning of a body that is longer than its channel takes. On the connection's thread only."""

    def __init__(self) -> None:
        self._most: dict[int, int] = {}
        self._wanted: dict[int, int] = {}  # by channel: bytes still to let through of the body being cut

    def limit(self, channel: int, most: int | None) -> None:
        """The longest body the channel takes whole, None for any. To be said anew when a number is used again."""
        self._wanted.pop(channel, None)
        if most is None:
            self._most.pop(channel, None)
        else:
            self._most[channel] = most

    def pass_on(self, frame: Frame) -> Frame | None:
        """The frame as pika shall see it, None for one it shall not see."""
        channel = frame.channel_number
        most = self._most.get(channel)
        if most is None:
            return frame
        if isinstance(frame, Header):
            self._wanted.pop(channel, None)
            if frame.body_size > most:
                setattr(frame.properties, _WHOLE_SIZE, frame.body_size)
                frame.body_size = self._wanted[channel] = min(most, KEPT_BYTES)
        elif isinstance(frame, Body) and channel in self._wanted:
            frame.fragment = frame.fragment[: self._wanted[channel]]
            self._wanted[channel] -= len(frame.fragment)
            return frame if frame.fragment else None
        return frame


def whole_size(properties: BasicProperties) -> int:
    """The size of the body before it was cut, 0 where it was not."""
    return int(getattr(properties, _WHOLE_SIZE, 0))
