"""A document looked at for its author: everything that is wrong with it, with line and column, before it is sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from hub.documents.contract import Contract
from hub.documents.xml import Document, parse
from hub.errors import Refused

_NAMESPACE = re.compile(r"\{urn:renkei:([a-z_.]+):v([1-9][0-9]{0,3})\}")
_PLACE = re.compile(r"line (\d+), column (\d+): ")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `line` and `column` count from 1, None where it has no place; no value is quoted."""

    code: str
    line: int | None
    column: int | None
    field: str
    rule: str


def claimed(body: bytes, limit: int) -> tuple[str, int] | None:
    """Type and version by the namespace of the root; None for a foreign one. Raises Refused `validate.xml`."""
    found = _NAMESPACE.match(parse(body, limit).root_name)
    return (found[1], int(found[2])) if found else None


def examine(contract: Contract, body: bytes, limit: int) -> list[Fault]:
    """Everything the contract refuses, none for a valid document of at most `limit` bytes."""
    try:
        document = parse(body, limit)
    except Refused as refused:
        return [unreadable(refused)]
    return list(_faults(contract, document, body))


def unreadable(refused: Refused) -> Fault:
    """What the parser says, its place apart."""
    found = _PLACE.match(refused.detail)
    line, column = (int(found[1]), int(found[2])) if found else (None, None)
    return Fault(refused.code, line, column, "", refused.detail[found.end() if found else 0 :])


def _faults(contract: Contract, document: Document, body: bytes) -> Iterator[Fault]:
    wrongs = list(contract.wrongs(document))
    places = _places(document, body) if wrongs else {}
    for code, element, field, rule in wrongs:
        line, column = places[element]
        yield Fault(code, line, column, field, rule)


def _places(document: Document, body: bytes) -> "dict[etree._Element, tuple[int, int]]":
    """Where each element begins: libxml2 knows the line alone, and that of the end of a long start tag."""
    begins: list[tuple[int, int]] = []
    reader = expat.ParserCreate("utf-8")

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        begins.append((reader.CurrentLineNumber, reader.CurrentColumnNumber + 1))

    reader.StartElementHandler = begin
    reader.Parse(body, True)
    return dict(zip(document.tree.iter("*"), begins, strict=True))
