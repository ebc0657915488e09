"""What a document says of one of the persons it names, apart from what it says of the others (R70).

A contract marks the element that is about a person. Where nobody else is named, all is the person's. Otherwise it is
what stands in the person's own element and in no other's below it; in an element that is several persons', the own
numbers alone, because nothing tells whose the rest is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from hub.documents.contract import Contract
from hub.documents.facts import NamedPerson
from hub.documents.leaves import placed
from hub.documents.xml import Document


@dataclass(frozen=True, slots=True)
class Share:
    """`own`: path and value; `withheld`: paths of what is, or may be, about others."""

    own: dict[str, str] = field(repr=False)
    withheld: tuple[str, ...]


def share(document: Document, contract: Contract, is_own: Callable[[NamedPerson], bool]) -> Share:
    """`is_own`: whether the person asked about is meant. Of a valid document."""
    persons = contract.placed(document)
    own = [(node, numbers) for node, person, numbers in persons if is_own(person)]
    others = {node for node, person, _ in persons if not is_own(person)}
    mine = {node for node, _ in own}
    numbers = {node for _, nodes in own for node in nodes if not isinstance(node, str)}
    shown: dict[str, str] = {}
    withheld: list[str] = []
    for path, value, element in placed(document):
        about = next((one for one in _upwards(element) if one in mine or one in others), None)
        if (own and not others) or element in numbers or (about in mine and about not in others):
            shown[path] = value
        else:
            withheld.append(path)
    return Share(shown, tuple(withheld))


def _upwards(element: "etree._Element") -> "Iterator[etree._Element]":
    yield element
    yield from element.iterancestors()
