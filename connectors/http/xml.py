"""XML on the wire. What a partner answers is parsed and validated by the hub, not here."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from hub.errors import Refused
from hub.ports.connector import Reply

XML = "application/xml; charset=utf-8"
_NAMESPACE = re.compile(rb"""<[^?!][^>]{0,2000}?\bxmlns(?::\w+)?\s*=\s*["']urn:renkei:([a-z_.]+):v(\d{1,4})["']""")
_HEAD = 4096


def reply_of(answer: bytes, *expected: str) -> Reply:
    """The answer as a reply of one of the `expected` types. Raises Refused `reply.invalid`."""
    found = _NAMESPACE.search(answer[:_HEAD])
    kind = found[1].decode() if found else ""
    if found is None or kind not in expected:
        raise Refused("reply.invalid", f"expected {' or '.join(expected)}")
    return Reply(kind, answer, int(found[2]))


def reply_with(kind: str, root: str, fields: Mapping[str, str | None]) -> Reply:
    """A reply of version 1 written as XML, from a partner that does not speak it. None: the element is left out."""
    # a carriage return would come back as a line feed if it were not a reference
    content = "".join(
        f"<{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in fields.items() if value is not None
    )
    return Reply(kind, f'<{root} xmlns="urn:renkei:{kind}:v1">{content}</{root}>'.encode())
