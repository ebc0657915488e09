"""Deliveries put together from their frames: what pika reads of them, and what it stumbles over."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import BasicProperties
from pika.frame import Body, Frame, Header, Method
from pika.spec import Basic

from hub.brokers.rabbit.receiver import Receiver, decode
from hub.ports.broker import KEPT_BYTES, Properties

HEAD, END = 7, 1  # bytes of a frame around its payload
SHORT = st.text(max_size=60)
VALUES = st.one_of(st.booleans(), st.integers(-(2**31), 2**31 - 1), st.text(max_size=300))
HEADERS = st.dictionaries(st.text(max_size=60), VALUES, max_size=6)


class Hands:
    """A receiver and what it handed out."""

    def __init__(self, most: int | None = None) -> None:
        self.got: list[tuple[int, bool, Properties, bytes, int]] = []
        self.receiver = Receiver(most, lambda *delivery: self.got.append(delivery))

    def feed(self, frame: Frame) -> bool:
        encoded = frame.marshal()
        return self.receiver.takes(encoded[0], encoded[HEAD:-END])

    def deliver(self, body: bytes, frame: int = 1000, given: BasicProperties | None = None) -> None:
        method = Method(1, Basic.Deliver("ctag1.0", 7, True, "intake", "a.key"))
        parts = [Body(1, body[start : start + frame]) for start in range(0, len(body), frame)]
        for each in (method, Header(1, len(body), given or BasicProperties()), *parts):
            assert self.feed(each)


def payload(given: BasicProperties, size: int = 0) -> bytes:
    return Header(1, size, given).marshal()[HEAD:-END]


@given(
    texts=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("content_type", "content_encoding", "correlation_id", "reply_to", "expiration", "message_id", "type",
             "user_id", "app_id", "cluster_id"), SHORT,
        ),
    ),
    numbers=st.fixed_dictionaries(
        {}, optional={"delivery_mode": st.just(2), "priority": st.integers(0, 255), "timestamp": st.integers(0, 2**40)}
    ),
    headers=st.none() | HEADERS,
)  # fmt: skip
def test_properties_are_read_as_they_were_written(
    texts: dict[str, str], numbers: dict[str, int], headers: dict[str, Any] | None
) -> None:
    size, read = decode(payload(BasicProperties(headers=headers, **texts, **numbers), 12))
    expected = {name: texts.get(name) for name in ("message_id", "correlation_id", "type", "content_type")}
    assert size == 12
    assert {name: getattr(read, name) for name in expected} == expected
    assert (read.user_id, read.reply_to) == (texts.get("user_id"), texts.get("reply_to"))
    assert (read.headers, read.undecodable) == (headers or {}, False)


def test_a_date_is_read() -> None:
    when = datetime(2026, 4, 1, tzinfo=UTC)
    assert decode(payload(BasicProperties(headers={"at": when})))[1].headers == {"at": when}


def nested(depth: int) -> bytes:
    """A table of tables, which pika's own encoder cannot write."""
    table = b""
    for _ in range(depth):
        table = b"\x01aF" + struct.pack(">L", len(table)) + table
    return table


@pytest.mark.parametrize(
    "table",
    [b"\x02atT" + struct.pack(">Q", 2**62), nested(3000), b"\x01a?"],
    ids=["a date beyond all bounds", "nesting", "an unknown kind"],
)
def test_headers_that_cannot_be_decoded_cost_nothing_else(table: bytes) -> None:
    flags = BasicProperties.FLAG_CONTENT_TYPE | BasicProperties.FLAG_HEADERS | BasicProperties.FLAG_MESSAGE_ID
    head = struct.pack(">HHQH", 60, 0, 5, flags) + b"\x03a/b" + struct.pack(">L", len(table)) + table + b"\x02id"
    size, read = decode(head)
    assert (size, read.content_type, read.message_id, read.headers, read.undecodable) == (5, "a/b", "id", {}, True)


def test_text_that_is_not_utf8_is_read_all_the_same() -> None:
    head = struct.pack(">HHQH", 60, 0, 5, BasicProperties.FLAG_TYPE) + b"\x03a\x90b"
    assert decode(head)[1].type == "a�b"


@given(st.binary(max_size=200))
def test_nothing_in_a_header_ends_the_connection(rest: bytes) -> None:
    decode(struct.pack(">HHQ", 60, 0, 5) + rest + bytes(2))


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5000])
def test_a_body_the_subscription_takes_comes_whole(size: int) -> None:
    hands = Hands(most=5000)
    hands.deliver(b"x" * size)
    assert hands.got == [(7, True, Properties(), b"x" * size, 0)]


@pytest.mark.parametrize("most", [1024, KEPT_BYTES, 1_000_000])
def test_what_is_longer_is_cut_and_its_size_is_told(most: int) -> None:
    hands, sent = Hands(most), bytes(range(256)) * 8000
    hands.deliver(sent)
    ((_, _, _, body, size),) = hands.got
    assert (body, size) == (sent[: min(most, KEPT_BYTES)], len(sent))


def test_the_next_one_is_not_touched() -> None:
    hands = Hands(most=1024)
    for body in (b"x" * 100_000, b"short", b""):
        hands.deliver(body)
    assert [(len(body), size) for _, _, _, body, size in hands.got] == [(1024, 100_000), (5, 0), (0, 0)]


def test_what_is_no_delivery_is_left_to_pika() -> None:
    hands = Hands()
    assert not hands.feed(Method(1, Basic.QosOk()))
    assert not hands.feed(Method(1, Basic.Cancel("ctag1.0")))
    assert not hands.feed(Header(1, 3, BasicProperties()))  # of a message that was returned
    assert not hands.feed(Body(1, b"abc"))
    hands.deliver(b"abc")
    assert not hands.feed(Body(1, b"abc"))
    assert len(hands.got) == 1
