"""Between the records of a file and the document of a contract; what a record means is each connector's own."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hub.errors import Refused

Content: TypeAlias = "str | Sequence[tuple[str, Content]]"


def document(type: str, root: str, content: Sequence[tuple[str, Content]]) -> bytes:
    """A document of version 1. `content`: (element, its text or its own content)."""
    space = f"urn:renkei:{type}:v1"
    built = Element(f"{{{space}}}{root}")
    _fill(built, content, space)
    written: bytes = ElementTree.tostring(built, encoding="utf-8", default_namespace=space)
    return written


def fields(element: Element) -> dict[str, str]:
    """Local name and text of the children that have no children."""
    return {child.tag.partition("}")[2]: child.text or "" for child in element if not len(child)}


def records(element: Element, name: str) -> Iterator[dict[str, str]]:
    """The `fields` of each child of that local name."""
    return (fields(child) for child in element if child.tag.partition("}")[2] == name)


def parts(
    lines: Sequence[Sequence[str]], header: int, detail: int, trailer: int
) -> tuple[Sequence[str], Sequence[Sequence[str]], Sequence[str]]:
    """Header, details and trailer of a file of H, D… and T records, each without its mark.

    `header`, `detail`, `trailer`: how many fields each has. Raises Refused `validate.encoding` for another layout.
    """
    marks = [line[0] if line else "" for line in lines]
    if marks[:1] != ["H"] or marks[-1:] != ["T"] or len(lines) < 2 or set(marks[1:-1]) - {"D"}:
        raise Refused("validate.encoding", "the records are not H, D and T in this order: the file may be cut short")
    wanted = {"H": header, "D": detail, "T": trailer}
    for number, line in enumerate(lines, start=1):
        if len(line) != wanted[line[0]] + 1:
            raise Refused(
                "validate.encoding", f"line {number} has not the {wanted[line[0]]} fields of a {line[0]} record"
            )
    return lines[0][1:], [line[1:] for line in lines[1:-1]], lines[-1][1:]


def iso_date(text: str) -> str:
    """yyyymmdd as yyyy-mm-dd; anything else as it is, for the schema to refuse."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def iso_month(text: str) -> str:
    """yyyymm as yyyy-mm; anything else as it is."""
    return f"{text[:4]}-{text[4:]}" if len(text) == 6 and text.isdigit() else text


def _fill(element: Element, content: Sequence[tuple[str, Content]], space: str) -> None:
    for name, inner in content:
        child = SubElement(element, f"{{{space}}}{name}")
        if isinstance(inner, str):
            child.text = inner
        else:
            _fill(child, inner, space)
