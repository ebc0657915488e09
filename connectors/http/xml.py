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
_ENCODING = re.compile(rb"""<\?xml[^>]{0,1000}?\bencoding\s*=\s*["']([^"']{0,40})["']""")
_BOM = b"\xef\xbb\xbf"
_DEEPEST = 256  # as the hub itself has it
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
    if not names:
        return  # the hub itself reads the answer and refuses what cannot be read
    asked, said = texts(sent), texts(answer)
    for name in names:
        if asked.get(name) != said.get(name):
            raise Refused("reply.invalid", f"{name}: not what was asked about")


def texts(document: bytes) -> dict[str, str]:
    """Local name → text of the root's children. Raises Refused `reply.invalid`."""
    return {child.tag.partition("}")[2]: (child.text or "").strip() for child in _root(document)}


def parsed(content: bytes) -> ElementTree.Element:
    """The root of what a stranger wrote. Raises ValueError, which quotes nothing of it.

    Refused are document types, and with them every entity; any encoding but UTF-8, in which the word for a document
    type could hide; and elements nested too deeply to be written again.
    """
    declared = _ENCODING.match(content.removeprefix(_BOM))
    if (declared and declared[1].lower() not in (b"utf-8", b"utf8")) or not _is_utf_8(content):
        raise ValueError("it is not UTF-8")
    if b"<!DOCTYPE" in content:
        raise ValueError("it has a document type")
    try:
        root = ElementTree.fromstring(content, ElementTree.XMLParser(encoding="utf-8"))  # noqa: S314 - no entities
    except ElementTree.ParseError:
        raise ValueError("it is not well-formed") from None
    level, depth = [root], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
        if depth > _DEEPEST:
            raise ValueError("its elements are nested too deeply")
    return root


def _is_utf_8(content: bytes) -> bool:
    """UTF-16 of plain text without its mark would be, but for the NULs."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _root(answer: bytes) -> ElementTree.Element:
    try:
        return parsed(answer)
    except ValueError as error:
        raise Refused("reply.invalid", f"the answer cannot be read: {error}") from None


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
