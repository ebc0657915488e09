"""What costs a reader much more than its bytes, each tried once in this process: a JSON line each with what it cost.

python -m tests.hostile.bombs
"""

import io
import json
import resource
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.claims.files import claimed
from connectors.http.json import JsonModel
from connectors.http.json import read as read_json
from connectors.http.xml import texts
from connectors.myna_portal import package
from hub import envelope
from hub.documents import Contract, parse
from hub.errors import Refused
from hub.ports.broker import Properties

LIMIT = 4 * 1024 * 1024  # max_body_bytes as shipped
CONTRACT = Contract.load(Path(__file__).parents[2] / "schemas/resident_registry.change/v1")
GOOD = next(iter(sorted((CONTRACT.folder / "valid").glob("*.xml")))).read_bytes()
OPEN = f'<change xmlns="{CONTRACT.namespace}">'.encode()
MANY_NAMES = 24  # documents of names that nobody agreed on: of some MB each, a process must not keep them


class _Answer(JsonModel):
    number: str


def document(body: bytes) -> None:
    """As intake does, to the end."""
    CONTRACT.validate(parse(body, LIMIT))


def xml_answer(body: bytes) -> None:
    texts(body)


def json_answer(body: bytes) -> None:
    read_json(body, _Answer)


def headers(body: bytes) -> None:
    """A flood of headers, as the broker hands them out."""
    flood: dict[str, object] = {f"x-{number}": body.decode() for number in range(20_000)}
    flood["renkei-attempt"] = [flood] * 3
    envelope.message(Properties("m", "c", "t", headers=flood), b"<x/>")


def filled(head: bytes, piece: Callable[[int], bytes], tail: bytes) -> bytes:
    """As many pieces as a body may have."""
    pieces, size = [head], len(head) + len(tail)
    while size + len(one := piece(len(pieces))) <= LIMIT:
        pieces.append(one)
        size += len(one)
    return b"".join([*pieces, tail])


def in_field(name: bytes, value: bytes) -> bytes:
    before, _, rest = GOOD.partition(b"<" + name + b">")
    return before + b"<" + name + b">" + value + rest[rest.index(b"</") :]


def names(start: int) -> bytes:
    return filled(b"<a>", lambda number: b"<e%d/>" % (start * 1_000_000 + number), b"</a>")


def zipped(content: bytes, copies: int = 1) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(copies):
            archive.writestr(f"attach/{number}", content)
    return written.getvalue()


def bombs() -> Iterator[tuple[str, Callable[[bytes], None], bytes]]:
    """Name, reader, bytes; made one after another: together they would be the largest."""
    most = LIMIT - len(GOOD) - 64
    doctype = b'<!DOCTYPE a [<!ENTITY e0 "aaaaaaaaaa">'
    doctype += b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 30)) + b"]>"
    xml = {
        "entities": doctype + b"<a>&e29;</a>",
        "a large entity used often": b'<!DOCTYPE a [<!ENTITY e "%s">]><a>%s</a>' % (b"x" * 100_000, b"&e;" * 100_000),
        "deep nesting": b"<a>" * 500_000 + b"</a>" * 500_000,
        "wide and deep": filled(b"<a>", lambda _: b"<b>" * 250 + b"</b>" * 250, b"</a>"),
        "a huge attribute": b"<a b='" + b"x" * most + b"'/>",
        "many attributes": filled(b"<a ", lambda n: b"a%d='' " % n, b"/>"),
        "many namespaces": filled(b"<a ", lambda n: b"xmlns:n%d='u' " % n, b"/>"),
        "the same attribute in many namespaces": filled(
            b"<a ", lambda n: b"xmlns:n%d='u%d' n%d:x='' " % (n, n, n), b"/>"
        ),
        "a namespace for each element": filled(OPEN, lambda n: b"<n%d:a xmlns:n%d='u%d'/>" % (n, n, n), b"</change>"),
        "attributes that are not closed": filled(b"", lambda _: b"<a b='", b""),
        "nothing but openings": b"<" * LIMIT,
        "references": filled(b"<a>", lambda _: b"&#49;", b"</a>"),
        "comments": filled(b"<a>", lambda _: b"<!---->", b"</a>"),
        "a declaration without end": b"<?xml " + b"encoding='" * 400_000,
        "elements that are missing": filled(OPEN, lambda _: b"<member/>", b"</change>"),
        "elements that are unknown": filled(OPEN, lambda _: b"<x/>", b"</change>"),
        "digits for a pattern": in_field(b"addressee_number", b"1" * most),
        "spaces for a pattern": in_field(b"addressee_number", b" " * most + b"1"),
        "a name of megabytes": in_field(b"name", b"x" * most),
        "overlong UTF-8": b"<a>" + b"\xc0\xbc" * (most // 2) + b"</a>",
    }
    for name, body in xml.items():
        yield name, document, body
    for name in ("entities", "deep nesting", "many namespaces", "references", "wide and deep", "a huge attribute"):
        yield f"answer: {name}", xml_answer, xml[name]
    yield "JSON: deep nesting", json_answer, b"[" * LIMIT
    yield "JSON: objects in objects", json_answer, b'{"a":' * (LIMIT // 5)
    yield "JSON: a number without end", json_answer, b'{"number":' + b"9" * most + b"}"
    yield "JSON: an exponent", json_answer, b'{"number":1e999999999}'
    yield "JSON: not a number", json_answer, b'{"number":NaN}'
    yield "JSON: members twice", json_answer, filled(b"{", lambda _: b'"number":"1",', b'"number":"1"}')
    yield "JSON: members of the same hash", json_answer, filled(b"{", lambda n: b'"%d":0,' % n, b'"number":"1"}')
    yield "CSV: a quote that is not closed", claimed, b'"' + b"x," * (LIMIT // 2 - 2) + b"\r\n"
    yield "CSV: quotes", claimed, b'"' * (LIMIT - 2) + b"\r\n"
    yield "CSV: empty lines", claimed, b"\r\n" * (LIMIT // 2)
    yield "CSV: fields", claimed, b"," * (LIMIT - 2) + b"\r\n"
    yield "ZIP: one entry of zeros", package.opened, zipped(bytes(200_000_000))
    yield "ZIP: many entries of zeros", package.opened, zipped(bytes(1_000_000), 900)
    yield "ZIP: in a ZIP", package.opened, zipped(zipped(bytes(100_000_000)))
    yield "headers", headers, b"x" * 64
    for number in range(MANY_NAMES):
        yield f"names {number}", document, names(number)


def rss() -> int:
    """Bytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    for name, reader, body in bombs():
        began = time.process_time()
        try:
            reader(body)
            code = ""
        except Refused as error:
            code = error.code
        took = time.process_time() - began
        sys.stdout.write(json.dumps({"name": name, "code": code, "seconds": took, "rss": rss()}) + "\n")


if __name__ == "__main__":
    main()
