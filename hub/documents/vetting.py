"""What lint asks of schemas and documents: both engines, risky patterns, canonical form. Never at run time."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from hub.documents.contract import Contract
from hub.documents.xml import Document
from hub.documents.xsd import XS

_WILDCARDS = {f"{XS}any", f"{XS}anyAttribute"}
_TYPES = (f"{XS}simpleType", f"{XS}complexType")
_BOUNDED = re.compile(r"\{(\d+)(,?)(\d*)\}")


class SecondEngine:
    """xmlschema's opinion on the schema of one contract. `problem`: why it does not take the schema, or None."""

    def __init__(self, contract: Contract) -> None:
        # half a second of imports that no other command should wait for
        import xmlschema

        self.problem: str | None = None
        self._schema: Any = None
        try:
            self._schema = xmlschema.XMLSchema10(contract.xsd.decode("utf-8"), defuse="always", allow="none")
        except (xmlschema.XMLSchemaException, ValueError) as error:
            self.problem = str(getattr(error, "message", None) or error).splitlines()[0]

    def accepts(self, document: Document) -> bool:
        return bool(self._schema.is_valid(document.tree.getroot()))


def schema_problems(contract: Contract) -> Iterator[tuple[int | None, str, str]]:
    """(line, problem, fix) of what both engines take and the hub does not want."""
    for element in etree.fromstring(contract.xsd).iter("*"):
        line = element.sourceline
        if element.tag in _WILDCARDS:
            yield line, "a wildcard lets unknown fields in (R16)", "name the fields"
        elif element.tag == f"{XS}element" and not (element.get("type") or element.get("ref")):
            if not any(child.tag in _TYPES for child in element):
                yield line, f"element {element.get('name')} has no type and takes anything", "give it a type"
        elif element.tag == f"{XS}pattern" and nested_quantifiers(element.get("value") or ""):
            yield line, "the pattern repeats a group that repeats: it can take for ever", "write it without nesting"


def nested_quantifiers(pattern: str) -> bool:
    """True when a group containing an unbounded repetition is itself repeated, as in (a+)+.

    Such a pattern makes a backtracking engine take exponential time. Alternatives that overlap, as in (a|a)*, are not
    found.
    """
    position, unbounded = 0, [False]  # per open group: does it contain an unbounded repetition
    while position < len(pattern):
        char = pattern[position]
        inner = False
        position += 1
        if char == "\\":
            position += 1
        elif char == "[":
            position = _class_end(pattern, position)
        elif char == "(":
            unbounded.append(False)
            continue
        elif char == ")" and len(unbounded) > 1:
            inner = unbounded.pop()
        elif char == "|":
            continue
        most, position = _quantifier(pattern, position)
        if inner and (most is None or most > 1):
            return True
        unbounded[-1] = unbounded[-1] or inner or most is None
    return False


def _class_end(pattern: str, position: int) -> int:
    """After a character class; classes nest by subtraction in XSD."""
    depth = 1
    while depth and position < len(pattern):
        char = pattern[position]
        position += 2 if char == "\\" else 1
        depth += (char == "[") - (char == "]")
    return position


def _quantifier(pattern: str, position: int) -> tuple[int | None, int]:
    """Most repetitions of what precedes (None: unbounded) and the position after the quantifier."""
    if pattern[position : position + 1] in ("*", "+"):
        return None, position + 1
    if pattern[position : position + 1] == "?":
        return 1, position + 1
    bounds = _BOUNDED.match(pattern, position)
    if bounds is None:
        return 1, position
    least, comma, most = bounds.groups()
    return (None if comma and not most else int(most or least)), bounds.end()


def canonical(document: Document) -> str:
    """Canonical XML without indentation and with prefixes renamed: equal exactly when two documents say the same."""
    return str(etree.canonicalize(etree.tostring(_bare(document), encoding="unicode"), rewrite_prefixes=True))


def first_difference(one: Document, other: Document) -> str:
    """Where two documents that are not the same part: the path of an element of `other`, without any value."""
    left, right = list(_bare(one).iter("*")), list(_bare(other).iter("*"))
    for a, b in zip(left, right, strict=False):
        if (a.tag, a.text, a.tail, dict(a.attrib)) != (b.tag, b.text, b.tail, dict(b.attrib)):
            return str(b.getroottree().getelementpath(b))
    return "the end"


def _bare(document: Document) -> etree._Element:
    """A copy without indentation."""
    root = etree.fromstring(document.serialise())
    for element in root.iter("*"):
        if len(element):
            texts = [element.text, *(child.tail for child in element)]
            if not any(text and text.strip() for text in texts):
                element.text = None
                for child in element:
                    child.tail = None
    return root
