"""Telling which of the expected replies an XML answer is, without parsing it: the hub parses and validates."""

import re

from hub.errors import Refused
from hub.ports.connector import Reply

_NAMESPACE = re.compile(rb"""<[^?!][^>]{0,2000}?\bxmlns(?::\w+)?\s*=\s*["']urn:renkei:([a-z_.]+):v(\d{1,4})["']""")
_HEAD = 4096


def reply_of(answer: bytes, *expected: str) -> Reply:
    """The answer as a reply of one of the `expected` types. Raises Refused `reply.invalid`."""
    found = _NAMESPACE.search(answer[:_HEAD])
    kind = found[1].decode() if found else ""
    if found is None or kind not in expected:
        raise Refused("reply.invalid", f"expected {' or '.join(expected)}")
    return Reply(kind, answer, int(found[2]))
