"""A field of a contract: a compiled XPath with a name people can read.

Most paths are names of children alone. Those are walked, not evaluated: an XPath gives the interpreter's lock away
twice, and to get it back beside busy threads costs more than the walk.
"""

import re
from dataclasses import dataclass

from lxml import etree

from hub.documents.xml import Tree

_STEP = re.compile(r"/(?=[A-Za-z_])")
_NAMES_ALONE = re.compile(r"/?c:[A-Za-z_][\w.-]*(/c:[A-Za-z_][\w.-]*)*")


@dataclass(frozen=True, slots=True)
class Field:
    """`name`: the path without prefixes, e.g. "change/individual_number". Thread-safe."""

    name: str
    _find: etree.XPath
    _root: str | None = None  # where the path is names alone: the root's, None where it starts at an element,
    _below: tuple[str, ...] | None = None  # and those below it

    @classmethod
    def compiled(cls, path: str, namespace: str, under: str = "") -> "Field":
        """`path` with prefix `c` for the namespace, starting at `under`. Raises ValueError when it is no XPath."""
        try:
            find = etree.XPath(path, namespaces={"c": namespace}, smart_strings=False)
        except etree.XPathSyntaxError as error:
            raise ValueError(f"not an XPath ({error})") from None
        name = (f"{under}/{path}" if under else path).replace("c:", "").lstrip("/")
        if not _NAMES_ALONE.fullmatch(path):
            return cls(name, find)
        tags = tuple(f"{{{namespace}}}{step.removeprefix('c:')}" for step in path.lstrip("/").split("/"))
        return cls(name, find, tags[0], tags[1:]) if path.startswith("/") else cls(name, find, None, tags)

    @classmethod
    def named(cls, name: str, namespace: str) -> "Field":
        """The field at a path of local names from the root, e.g. "change/name"."""
        return cls.compiled(_STEP.sub("/c:", f"/{name}"), namespace)

    def nodes(self, start: "Tree | etree._Element") -> "list[etree._Element | str]":
        """Elements, attribute values, or the one text an expression computes."""
        if self._below is not None:
            return list(self._walked(start, self._below))
        found = self._find(start)
        return found if isinstance(found, list) else [str(found)]

    def _walked(self, start: "Tree | etree._Element", below: tuple[str, ...]) -> "list[etree._Element]":
        if self._root is not None:
            root = (start.getroottree() if isinstance(start, etree._Element) else start).getroot()
            found = [root] if root.tag == self._root else []
        else:
            found = [start if isinstance(start, etree._Element) else start.getroot()]
        for tag in below:
            found = [child for parent in found for child in parent.iterchildren(tag)]
        return found

    def elements(self, start: "Tree | etree._Element") -> "list[etree._Element]":
        """The elements among the nodes, for XPaths that start there."""
        return [node for node in self.nodes(start) if not isinstance(node, str)]

    def values(self, start: "Tree | etree._Element") -> list[str]:
        """Texts as the schema's token types see them: without surrounding white space."""
        return [(node if isinstance(node, str) else node.text or "").strip(" \t\r\n") for node in self.nodes(start)]
