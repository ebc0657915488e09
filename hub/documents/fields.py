"""A field of a contract: a compiled XPath with a name people can read."""

import re
from dataclasses import dataclass

from lxml import etree

from hub.documents.xml import Tree

_STEP = re.compile(r"/(?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Field:
    """`name`: the path without prefixes, e.g. "change/individual_number". Thread-safe."""

    name: str
    _find: etree.XPath

    @classmethod
    def compiled(cls, path: str, namespace: str, under: str = "") -> "Field":
        """`path` with prefix `c` for the namespace, starting at `under`. Raises ValueError when it is no XPath."""
        try:
            find = etree.XPath(path, namespaces={"c": namespace}, smart_strings=False)
        except etree.XPathSyntaxError as error:
            raise ValueError(f"not an XPath ({error})") from None
        name = f"{under}/{path}" if under else path
        return cls(name.replace("c:", "").lstrip("/"), find)

    @classmethod
    def named(cls, name: str, namespace: str) -> "Field":
        """The field at a path of local names from the root, e.g. "change/name"."""
        return cls.compiled(_STEP.sub("/c:", f"/{name}"), namespace)

    def nodes(self, start: "Tree | etree._Element") -> "list[etree._Element | str]":
        """Elements, attribute values, or the one text an expression computes."""
        found = self._find(start)
        return found if isinstance(found, list) else [str(found)]

    def elements(self, start: "Tree | etree._Element") -> "list[etree._Element]":
        """The elements among the nodes, for XPaths that start there."""
        return [node for node in self.nodes(start) if not isinstance(node, str)]

    def values(self, start: "Tree | etree._Element") -> list[str]:
        """Texts as the schema's token types see them: without surrounding white space."""
        return [(node if isinstance(node, str) else node.text or "").strip(" \t\r\n") for node in self.nodes(start)]
