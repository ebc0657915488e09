"""What simulated partners with an XML interface share: reading strictly, without the hub's schemas, and spoiling."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hub.sandbox.partner import Answer, Refusal, individual_number

DATE = r"\d{4}-\d\d-\d\d"
TIME = rf"{DATE}T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
FLAG = "[01]"
Content: TypeAlias = "Element | tuple[str, str | Sequence[Content]]"


@dataclass(frozen=True, slots=True)
class Item:
    """One element. `pattern`: of its text; `inside`: its children, and then no text. `least`, `most`: how often."""

    name: str
    pattern: str = ".+"
    inside: tuple["Item", ...] = ()
    least: int = 1
    most: int = 1


INDIVIDUAL_NUMBER = Item("individual_number", "[0-9]{12}")
ADDRESSEE_NUMBER = Item("addressee_number", "[0-9]{15}")
NAME, NAME_KANA = Item("name", ".{1,100}"), Item("name_kana", ".{1,100}")


def uncertain_date(name: str, least: int = 1) -> Item:
    """A date that may be unknown (不詳)."""
    return Item(name, "", (Item("date", DATE, least=0), Item("unknown", FLAG), Item("text", ".{1,72}", least=0)), least)


# F2, as it goes to the platform and comes out of it (the platform puts its acceptance number before)
RESIDENT = (
    ADDRESSEE_NUMBER,
    replace(INDIVIDUAL_NUMBER, least=0),
    Item("household_number", "[0-9]{15}"),
    Item("history_number", "[1-9][0-9]{0,9}"),
    Item("resident_kind", "[12]"),
    Item("resident_state", "[1-4]"),
    Item("event_reason", "0[1-7]"),
    uncertain_date("event_date"),
    Item("notified_on", DATE),
    NAME,
    NAME_KANA,
    Item("former_name", ".{1,100}", least=0),
    Item("common_name", ".{1,100}", least=0),
    Item("sex", "[129]"),
    uncertain_date("birth_date"),
    Item("relationship", "[0-9]{2}", most=4),
    Item(
        "address",
        inside=(
            Item("postal_code", "[0-9]{7}"),
            Item("municipality_code", "[0-9]{6}"),
            Item("town_code", "[0-9]{7}", least=0),
            Item("prefecture", ".{1,4}"),
            Item("municipality", ".{1,12}"),
            Item("town", ".{1,120}"),
            Item("lot", ".{1,50}"),
            Item("building", ".{1,300}", least=0),
        ),
    ),
    uncertain_date("became_resident_on", least=0),
    Item("protected", FLAG),
    Item("member", inside=(ADDRESSEE_NUMBER, NAME, Item("relationship", "[0-9]{2}")), least=0, most=20),
)


# What another body provides (F10)
PROVIDED = (
    Item("provider", "[0-9]{16}"),
    Item("data_item", "TM[0-9]{14}"),
    Item(
        "item",
        inside=(
            Item("code", "[A-Z][A-Z0-9]{2,15}"),
            Item("value", "[^<>&]{1,200}", least=0),
            Item("reason_of_null", "NotAcceptable|NotConvered|NotDisclosed", least=0),
        ),
        most=100,
    ),
)


def namespace(operation: str) -> str:
    """In ElementTree's notation, to be put before a name."""
    return f"{{urn:renkei:{operation}:v1}}"


def read(body: bytes, operation: str, root: str, items: Sequence[Item]) -> Element:
    """The document, if it is one of this operation. Raises Refusal 400 for what is no XML, 422 for other content."""
    if b"<!DOCTYPE" in body:
        raise Refusal(400, operation)
    try:
        document = ElementTree.fromstring(body)  # noqa: S314 - no document type, so no entities
    except ElementTree.ParseError:
        raise Refusal(400, operation) from None
    space = namespace(operation)
    if document.tag != space + root or not _fits(document, space, items):
        raise Refusal(422, operation)
    for number in document.iter(f"{space}individual_number"):
        if not individual_number(_text(number)):
            raise Refusal(422, operation)
    return document


def value(document: Element, operation: str, *path: str) -> str:
    """The text of one element, without the white space around it."""
    found = document.find("/".join(namespace(operation) + name for name in path))
    return "" if found is None else _text(found)


def write(operation: str, root: str, *content: Content) -> bytes:
    """A document. `content`: (name, text), (name, content) or an element to be taken over from another document."""
    space = namespace(operation)
    document = _built((root, content), space)
    written: bytes = ElementTree.tostring(document, encoding="utf-8", default_namespace=space.strip("{}"))
    return written


def enveloped(documents: Sequence[bytes]) -> bytes:
    """Several documents in one answer."""
    root = Element("{urn:renkei:documents:v1}documents")
    root.extend(ElementTree.fromstring(each) for each in documents)  # noqa: S314 - written by the partner itself
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return written


def spoil(mode: str, answer: Answer) -> Answer:
    """See `hub.sandbox.partner.Behaviour.spoil`; for XML."""
    end = answer.body.rindex(b"</")
    match mode:
        case "extra_field":
            body = answer.body[:end] + b"<extra>1</extra>" + answer.body[end:]
        case "invalid":
            begin = answer.body.rindex(b"<", 0, end)
            body = answer.body[:begin] + answer.body[end:]  # the last element is missing
        case _:
            body = answer.body * 2
    return replace(answer, body=body)


def _fits(element: Element, space: str, items: Sequence[Item]) -> bool:
    """Whether the children are these, in this order, each as often as it may be, and nothing else is there."""
    if element.attrib or (element.text or "").strip():
        return False
    children = list(element)
    for item in items:
        count = 0
        while children and children[0].tag == space + item.name and count < item.most:
            child = children.pop(0)
            count += 1
            if (child.tail or "").strip() or not _holds(child, space, item):
                return False
        if count < item.least:
            return False
    return not children


def _holds(element: Element, space: str, item: Item) -> bool:
    if item.inside:
        return _fits(element, space, item.inside)
    pattern = re.compile(item.pattern, re.ASCII | re.DOTALL)
    return not len(element) and not element.attrib and pattern.fullmatch(_text(element)) is not None


def _text(element: Element) -> str:
    return (element.text or "").strip(" \t\r\n")


def _built(part: Content, space: str) -> Element:
    if isinstance(part, Element):
        copy = Element(space + part.tag.partition("}")[2])
        copy.text = part.text
        copy.extend(_built(child, space) for child in part)
        return copy
    name, inner = part
    element = Element(space + name)
    if isinstance(inner, str):
        element.text = inner
    else:
        element.extend(_built(each, space) for each in inner)
    return element
