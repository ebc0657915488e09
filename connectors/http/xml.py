"""XML on the wire. What a partner answers is parsed and validated by the hub, not here."""

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from hub.errors import Refused
from hub.ports.connector import Reply

XML = "application/xml; charset=utf-8"
_NAMESPACE = re.compile(rb"""<[^?!][^>]{0,2000}?\bxmlns(?::\w+)?\s*=\s*["']urn:renkei:([a-z_.]+):v(\d{1,4})["']""")
_HEAD = 4096
_DOCUMENTS = "{urn:renkei:documents:v1}documents"


def reply_of(answer: bytes, *expected: str) -> Reply:
    """The answer as a reply of one of the `expected` types. Raises Refused `reply.invalid`."""
    found = _NAMESPACE.search(answer[:_HEAD])
    kind = found[1].decode() if found else ""
    if found is None or kind not in expected:
        raise Refused("reply.invalid", f"expected {' or '.join(expected)}")
    return Reply(kind, answer, int(found[2]))


def documents_in(answer: bytes, *expected: str) -> tuple[Reply, ...]:
    """The documents of an answer that has several things to say, each of one of the `expected` types; none for nothing.

    They stand in `<documents xmlns="urn:renkei:documents:v1">`. Raises Refused `reply.invalid`.
    """
    if not answer:
        return ()
    root = _root(answer)
    if root.tag != _DOCUMENTS:
        raise Refused("reply.invalid", "expected documents")
    return tuple(reply_of(_written(child), *expected) for child in root)


def about(sent: bytes, answer: bytes, names: Sequence[str]) -> None:
    """Raises Refused `reply.invalid` when the answer is not about what was sent: one of these elements differs.

    `names`: local names of children of both roots. An answer about another person must go no further.
    """
    asked, said = texts(sent), texts(answer)
    for name in names:
        if asked.get(name) != said.get(name):
            raise Refused("reply.invalid", f"{name}: not what was asked about")


def texts(document: bytes) -> dict[str, str]:
    """Local name → text of the root's children. Raises Refused `reply.invalid`."""
    return {child.tag.partition("}")[2]: (child.text or "").strip() for child in _root(document)}


def _root(answer: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in answer:
        raise Refused("reply.invalid", "the answer has a document type")
    try:
        return ElementTree.fromstring(answer)  # noqa: S314 - no document type, so no entities
    except ElementTree.ParseError:
        raise Refused("reply.invalid", "the answer is not well-formed") from None


def _written(element: ElementTree.Element) -> bytes:
    """By itself. A carriage return would come back as a line feed if it were not a reference."""
    element.tail = None
    written: bytes = ElementTree.tostring(element, encoding="utf-8")
    return written.replace(b"\r", b"&#13;")


def reply_with(kind: str, root: str, fields: Mapping[str, str | None]) -> Reply:
    """A reply of version 1 written as XML, from a partner that does not speak it. None: the element is left out."""
    # a carriage return would come back as a line feed if it were not a reference
    content = "".join(
        f"<{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in fields.items() if value is not None
    )
    return Reply(kind, f'<{root} xmlns="urn:renkei:{kind}:v1">{content}</{root}>'.encode())
