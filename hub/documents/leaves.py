"""The fields of a document that carry a text, one by one."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from hub.documents.xml import Document


def leaves(document: Document) -> Iterator[tuple[str, str, str]]:
    """(path, name, value) of each element without children and of each attribute, in the order of the document.

    `path`: local names from the root, with a place where a name comes more than once: "note/name[2]"; `name`: the same
    without places, as `hub.documents.fields.Field` names it.
    """
    root = document.tree.getroot()
    yield from _leaves(root, etree.QName(root).localname, etree.QName(root).localname)


def _leaves(element: etree._Element, path: str, name: str) -> Iterator[tuple[str, str, str]]:
    for attribute, value in element.attrib.items():
        local = etree.QName(attribute).localname
        yield f"{path}/@{local}", f"{name}/@{local}", str(value)
    children = list(element)
    if not children:
        yield path, name, element.text or ""
        return
    names = [etree.QName(child).localname for child in children]
    total, seen = Counter(names), Counter[str]()
    for child, local in zip(children, names, strict=True):
        seen[local] += 1
        place = f"[{seen[local]}]" if total[local] > 1 else ""
        yield from _leaves(child, f"{path}/{local}{place}", f"{name}/{local}")
