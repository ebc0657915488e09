"""What is done to good bytes: pieces cut out and put in, the whole written in another encoding, or nothing good at all.

Sizes are bounded, times are not asserted: a test that takes too long ends by the time-out all tests have.
"""

from hypothesis import strategies as st

from hub.codes import CODES
from hub.errors import RenkeiError

# A person of the samples; no error may repeat it.
SECRETS = ("621498320257", "000000000000101", "髙橋", "山田")

XML = (
    *(b"<", b">", b"&", b"/", b'"', b"\x00", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?x", b"&#0;", b"&x;"),
    *(b"&#xD800;", b"</a>", "１".encode(), b"\xc0\xbc"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b'<?xml version="1.0" encoding="UTF-7"?>', b'<?xml encoding="\xff"?>'),
    *(b" xmlns='urn:renkei:other:v1'", b" xmlns:x=''", b"<a>" * 300, b" a='1' a='2'"),
)  # fmt: skip
JSON = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\\ud800", b"NaN", b"-Infinity", b"null", b"1e999"),
    *(b"9" * 5000, b"[" * 500, b'"pmhKey":"x",', b"\xff", b"\x00", b"\xef\xbb\xbf", b" " * 100, b"true", b"1.0"),
)  # fmt: skip
CSV = (
    *(b",", b'"', b"\r\n", b"\r", b"\n", b"\x00", b"\x81", b"\x80", b"\xf0\x40", b"H", b"D", b"T", b"=1+1", b"@x"),
    *(b'"' * 3, b"9" * 5000, "１".encode("cp932"), "髙".encode(), b"\xef\xbb\xbf", b"," * 50, b"x" * 140_000),
)  # fmt: skip


def damaged(good: list[bytes], tricks: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """One of the good ones after one to three accidents, or in an encoding nobody agreed on, or something else."""
    piece = st.one_of(st.sampled_from(tricks), st.binary(max_size=8))
    cut = st.tuples(st.floats(0, 1), st.integers(0, 60), piece)
    accidents = st.builds(_after, st.sampled_from(good), st.lists(cut, min_size=1, max_size=3))
    others = st.sampled_from([one.decode("utf-8", "replace").encode(to) for one in good for to in _ELSEWHERE])
    return st.one_of(accidents, accidents, others, st.binary(max_size=200), st.lists(piece, max_size=20).map(b"".join))


_ELSEWHERE = ("utf-16", "utf-16-le", "utf-32", "utf-7")


def _after(good: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, piece in cuts:
        start = int(place * len(good))
        good = good[:start] + piece + good[start + length :]
    return good


def check(error: RenkeiError) -> None:
    """A refusal a person can act on: its code has a card, it says something, and that is nobody's data."""
    assert error.code in CODES
    assert error.detail
    assert not any(secret in str(error) for secret in SECRETS)
