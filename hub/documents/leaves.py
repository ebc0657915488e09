"""The fields of a document as people name them: `/change/child/name`, `/list/item[2]/@code`. And one with others.

Local names, with a number where brothers share a name. What a document says beyond its leaves (mixed text) is not XML
that any contract here has.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy

from lxml import etree

from hub.documents.xml import Document
from hub.errors import Refused


def leaves(document: Document) -> dict[str, str]:
    """Path and value of every element without children, and of every attribute, in the order of the document."""
    return {path: text for path, text, _ in _walk(document.tree.getroot(), "")}


def placed(document: Document) -> "Iterator[tuple[str, str, etree._Element]]":
    """The same with the element each stands in; that of an attribute is the one that has it."""
    return ((path, text, element) for path, text, (element, _) in _walk(document.tree.getroot(), ""))


def with_values(document: Document, values: Mapping[str, str]) -> Document:
    """A document with other values at these paths. Raises Refused `edit.field` for a path it does not have."""
    root = deepcopy(document.tree.getroot())
    places = {path: node for path, _, node in _walk(root, "")}
    for path, value in values.items():
        if path not in places:
            raise Refused("edit.field", f"there is no field {path}")
        element, attribute = places[path]
        try:
            if attribute is None:
                element.text = value
            else:
                element.set(attribute, value)
        except ValueError:
            raise Refused("edit.field", f"the value for {path} has a character XML does not allow") from None
    return Document(root.getroottree())


_Place = tuple["etree._Element", str | None]


def _walk(element: "etree._Element", above: str, number: str = "") -> Iterator[tuple[str, str, _Place]]:
    path = f"{above}/{_local(str(element.tag))}{number}"
    for name, value in element.attrib.items():
        yield f"{path}/@{_local(str(name))}", str(value), (element, str(name))
    children = list(element)
    if not children:
        yield path, element.text or "", (element, None)
    brothers = Counter(_local(str(child.tag)) for child in children)
    met = Counter[str]()
    for child in children:
        name = _local(str(child.tag))
        met[name] += 1
        yield from _walk(child, path, f"[{met[name]}]" if brothers[name] > 1 else "")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
