"""Parsing untrusted XML, and writing it back.

Refused: any DOCTYPE (and with it every entity), any encoding but UTF-8, more than `limit` bytes, elements nested
deeper than 256, text nodes above 10 MB, more than MAX_ATTRIBUTES attributes on one element. XInclude is never run.
Comments and processing instructions are dropped: they would split a value in two and carry text nobody validates.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from lxml import etree

from hub.errors import Refused

MAX_ATTRIBUTES = 256
APART_BYTES = 65_536  # beyond, the cost of a thread does not show

Tree: TypeAlias = "etree._ElementTree[etree._Element]"

_ENCODING = re.compile(rb"""<\?xml[^>]{0,1000}?\bencoding\s*=\s*["']([^"']{0,40})["']""")
_BOM = b"\xef\xbb\xbf"

# What a person reads for the parse errors that happen; libxml2's own texts quote the document.
_WORDS: dict[int, str] = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "it does not begin with an element",
    etree.ErrorTypes.ERR_DOCUMENT_END: "there is something after the end of the root element",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "an end tag does not match its start tag",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "the document ends before all elements are closed",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "it uses an undeclared entity",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "an attribute occurs twice",
    etree.ErrorTypes.ERR_INVALID_CHAR: "it contains a character XML does not allow",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "a namespace prefix is not declared",
    etree.ErrorTypes.ERR_RESOURCE_LIMIT: "elements are nested too deeply or a text is too long",
}


class Document:
    """A parsed document. Its `repr` shows no content. May be passed between threads, used by one at a time."""

    __slots__ = ("tree",)

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @property
    def root_name(self) -> str:
        """Name of the root element as "{namespace}local"."""
        return str(self.tree.getroot().tag)

    def serialise(self) -> bytes:
        """UTF-8 with declaration; characters outside ASCII as they are, never as references."""
        return etree.tostring(self.tree, encoding="UTF-8", xml_declaration=True)

    def __repr__(self) -> str:
        return f"<Document {self.tree.docinfo.encoding}>"


class _PerThread(threading.local):
    """A parser holds a lock while it parses, so each thread has its own."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )


_local = _PerThread()


def parse(body: bytes, limit: int) -> Document:
    """Parse a body of at most `limit` bytes. Raises Refused `validate.xml`; the detail quotes nothing of the body."""
    if len(body) > limit:
        raise Refused("validate.xml", f"the document has {len(body)} bytes, the limit is {limit}")
    _check_encoding(body)
    # Nothing is valid XML and hides this word: in UTF-8 it is these bytes. In CDATA it would be harmless; no one
    # needs it there.
    if b"<!DOCTYPE" in body:
        raise Refused("validate.xml", "a DOCTYPE is not allowed, and with it no entity declarations")
    try:
        root = _read(body) if len(body) <= APART_BYTES else _read_apart(body)
    except etree.XMLSyntaxError as error:
        raise Refused("validate.xml", _explain(error)) from None
    if body.count(b"=") > MAX_ATTRIBUTES:
        _check_attributes(root)
    return Document(root.getroottree())


def _read(body: bytes) -> etree._Element:
    return etree.fromstring(body, _local.parser)


def _read_apart(body: bytes) -> etree._Element:
    """In a thread of its own: lxml keeps every name it ever met until the thread ends, so that documents full of names
    nobody agreed on would fill the memory."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_read, body).result()


def _check_encoding(body: bytes) -> None:
    declared = _ENCODING.match(body, len(_BOM) if body.startswith(_BOM) else 0)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise Refused("validate.xml", "the declared encoding is not UTF-8")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("validate.xml", f"the body is not UTF-8 (byte {error.start})") from None


def _check_attributes(root: etree._Element) -> None:
    for element in root.iter("*"):
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise Refused("validate.xml", f"line {element.sourceline}: more than {MAX_ATTRIBUTES} attributes")


def _explain(error: etree.XMLSyntaxError) -> str:
    line, column = error.position
    reason = _WORDS.get(error.code, "it is not well-formed")
    return f"line {line}, column {column}: {reason}"
