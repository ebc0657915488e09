"""Parsing hostile XML: every pitfall of the hub's XML rules is refused, quickly, without quoting the document."""

import threading
import time
from pathlib import Path

import pytest

from hub.documents import parse
from hub.errors import Refused

LIMIT = 10_000_000
DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"


def refusal(body: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(Refused) as caught:
        parse(body, limit)
    assert caught.value.code == "validate.xml"
    return caught.value.detail


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY l0 "lol">{entities}]><a>&l9;</a>'.encode()


DOCTYPES = {
    "plain": b"<!DOCTYPE a><a/>",
    "external subset": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "billion laughs": billion_laughs(),
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/hostname">%x;]><a/>',
}


@pytest.mark.parametrize("body", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_any_doctype_is_refused(body: bytes) -> None:
    started = time.monotonic()
    assert "DOCTYPE" in refusal(body)
    assert time.monotonic() - started < 1


ENCODINGS = {
    "declared Shift_JIS": b'<?xml version="1.0" encoding="Shift_JIS"?><a/>',
    "declared UTF-7": b"<?xml version='1.0' encoding='UTF-7'?><a/>",
    "declared in capitals": b'<?xml version="1.0" ENCODING="x" encoding = "ISO-8859-1"?><a/>',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
    "UTF-16 without mark": "<a/>".encode("utf-16-le") + b"\xff\xfe",
    "cp932 bytes": "<a>川崎</a>".encode("cp932"),
    "surrogate": b"<a>\xed\xa0\x80</a>",
    "overlong": b"<a>\xc0\xbc</a>",
}


@pytest.mark.parametrize("body", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_anything_but_utf_8_is_refused(body: bytes) -> None:
    assert "UTF-8" in refusal(body)


MALFORMED = {
    "empty": (b"", "does not begin"),
    "text": (b"hello", "does not begin"),
    "unclosed": (b"<a>", "ends before"),
    "crossed": (b"<a><b></a></b>", "does not match its start tag"),
    "two roots": (b"<a/><b/>", "after the end"),
    "undeclared entity": (b"<a>&secret;</a>", "undeclared entity"),
    "attribute twice": (b'<a b="1" b="2"/>', "occurs twice"),
    "undeclared prefix": (b"<secret:a/>", "prefix is not declared"),
    "control character": (b"<a>\x01</a>", "does not allow"),
    "NUL": (b"<a>\x00</a>", ""),
    "257 deep": (b"<a>" * 257 + b"</a>" * 257, "too deeply"),
    "a million deep": (b"<a>" * 1_000_000, "too deeply"),
    "text over 10 MB": (b"<a>" + b"x" * 10_100_000 + b"</a>", "too long"),
}


@pytest.mark.parametrize(("body", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_is_refused_with_place_and_reason(body: bytes, words: str) -> None:
    detail = refusal(body, 20_000_000)
    assert detail.startswith("line 1, column ")
    assert words in detail
    assert "secret" not in detail


def test_300k_attributes_are_refused_within_a_second() -> None:
    body = b"<a " + b" ".join(b'a%d="1"' % n for n in range(300_000)) + b"/>"
    started = time.monotonic()
    assert refusal(body) == "line 1: more than 256 attributes"
    assert time.monotonic() - started < 2


def test_256_attributes_and_text_full_of_equals_signs_pass() -> None:
    body = b"<a " + b" ".join(b'a%d="1"' % n for n in range(256)) + b">" + b"=" * 1000 + b"</a>"
    assert parse(body, LIMIT).root_name == "a"


def test_the_limit_counts_bytes_and_comes_first() -> None:
    # Given a body one byte too long that is not XML either
    assert refusal(b"x" * 101, 100) == "the document has 101 bytes, the limit is 100"
    # Then a body of exactly the limit is read
    assert parse(b"<a>" + b"x" * 93 + b"</a>", 100).root_name == "a"


def test_xinclude_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{tmp_path}/secret.txt" parse="text"/>'
    assert b"secret</a>" not in parse(f"<a>{include}</a>".encode(), LIMIT).serialise()


def test_comments_and_instructions_do_not_split_values() -> None:
    assert parse(b"<?x y?><a>12<!-- z -->34<?x y?>56</a>", LIMIT).serialise() == DECLARATION + b"<a>123456</a>"


def test_names_travel_byte_identical() -> None:
    # Given IVS, a private-use character of plane 16, a compatibility ideograph NFC would change, and 𠮷
    name = "葛\U000e0100城 \U0010de92 \ufa19 𠮷 ｱ".encode()
    # When it is read and written
    written = parse(b"<a>" + name + b"</a>", LIMIT).serialise()
    # Then the bytes are the same
    assert written == DECLARATION + b"<a>" + name + b"</a>"


def test_a_byte_order_mark_and_a_declaration_are_fine() -> None:
    body = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a xmlns="urn:x"/>'
    assert parse(body, LIMIT).root_name == "{urn:x}a"


def test_repr_shows_nothing_of_the_document() -> None:
    assert "secret" not in repr(parse(b"<secret>secret</secret>", LIMIT))


def test_documents_pass_between_threads() -> None:
    # Given documents parsed on threads that have ended
    parsed = []
    threads = [
        threading.Thread(target=lambda n=n: parsed.append((n, parse(b"<a%d><b/></a%d>" % (n, n), LIMIT))))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then another thread reads them
    assert all(document.root_name == f"a{n}" for n, document in parsed)
    assert len(parsed) == 20
