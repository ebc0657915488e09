"""Cutting what is too large, frame by frame."""

import pytest
from pika.frame import Body, Header, Method
from pika.spec import Basic, BasicProperties

from hub.brokers.rabbit.cutter import Cutter, whole_size
from hub.ports.broker import KEPT_BYTES


def pass_all(cutter: Cutter, channel: int, body: bytes, frame: int = 1000) -> tuple[Header, bytes]:
    """The header and the body as pika would see them."""
    header = cutter.pass_on(Header(channel, len(body), BasicProperties()))
    assert isinstance(header, Header)
    parts = [cutter.pass_on(Body(channel, body[start : start + frame])) for start in range(0, len(body), frame)]
    return header, b"".join(part.fragment for part in parts if isinstance(part, Body))


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5000])
def test_what_the_channel_takes_passes_whole(size: int) -> None:
    cutter = Cutter()
    cutter.limit(1, 5000)
    header, body = pass_all(cutter, 1, b"x" * size)
    assert (header.body_size, len(body), whole_size(header.properties)) == (size, size, 0)


@pytest.mark.parametrize("most", [1024, KEPT_BYTES, 1_000_000])
def test_what_is_longer_is_cut_and_its_size_is_told(most: int) -> None:
    cutter = Cutter()
    cutter.limit(1, most)
    sent = bytes(range(256)) * 8000
    header, body = pass_all(cutter, 1, sent)
    kept = min(most, KEPT_BYTES)
    assert (header.body_size, whole_size(header.properties)) == (kept, len(sent))
    assert body == sent[:kept]


def test_the_next_message_and_other_channels_are_not_touched() -> None:
    # Given
    cutter = Cutter()
    cutter.limit(1, 1024)
    long = b"x" * 100_000

    # When, Then: on a channel without a limit, and on the same channel afterwards
    assert pass_all(cutter, 2, long)[1] == long
    assert len(pass_all(cutter, 1, long)[1]) == 1024
    assert pass_all(cutter, 1, b"short")[1] == b"short"

    # And when the number of the channel is used again for one that takes anything
    cutter.pass_on(Header(1, len(long), BasicProperties()))
    cutter.limit(1, None)
    assert pass_all(cutter, 1, long)[1] == long


def test_methods_pass() -> None:
    cutter = Cutter()
    cutter.limit(1, 1024)
    method = Method(1, Basic.Ack(7))
    assert cutter.pass_on(method) is method
