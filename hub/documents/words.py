"""The words of an explanation: where and which rule. Uses names and values of the schema only, none of the document."""

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from hub.documents.xml import Document
from hub.documents.xsd import XS

_LONGEST_LIST = 8
_FACETS = {
    "XsdMinLengthFacet": "is shorter than {} characters",
    "XsdMaxLengthFacet": "is longer than {} characters",
    "XsdLengthFacet": "is not {} characters long",
    "XsdMinInclusiveFacet": "is below {}",
    "XsdMinExclusiveFacet": "is not above {}",
    "XsdMaxInclusiveFacet": "is above {}",
    "XsdMaxExclusiveFacet": "is not below {}",
    "XsdTotalDigitsFacet": "has more than {} digits",
    "XsdFractionDigitsFacet": "has more than {} decimal places",
}
# libxml2's rules in words, for when xmlschema is not asked or sees nothing wrong
_RULES = {
    "SCHEMAV_ELEMENT_CONTENT": "an element is missing or not allowed at this place",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "is not a valid value of its type",
    "SCHEMAV_CVC_ENUMERATION_VALID": "is not a known code",
    "SCHEMAV_CVC_MINLENGTH_VALID": "is too short",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "is too long",
    "SCHEMAV_CVC_LENGTH_VALID": "has the wrong length",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "an attribute is missing",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "carries an attribute that is not allowed",
    "SCHEMAV_CVC_IDC": "a value occurs twice or refers to nothing",
}
# xmlschema's own texts, by their beginnings: the rest may quote the document
_REASONS = {
    "character data between": "contains text between its elements",
    "character data is not allowed": "must be empty",
    "a simple content element": "contains elements where only text is allowed",
    "duplicated value": "has the same value as another",
    "missing key field": "lacks a value others refer to",
    "value (": "refers to nothing",
    "must have the fixed value": "does not have the one value allowed",
    "element is not nillable": "may not be nil",
    "xsi:nil": "is nil in a way that is not allowed",
}
_ATTRIBUTE = re.compile(r"attribute ([\w.-]+)=")
_PATTERN_TEXT = " is not accepted by the pattern '"


@dataclass(frozen=True, slots=True)
class Problem:
    """`element`: where; `field`: its path, in names the schema knows; `rule`: what it breaks."""

    element: Any
    field: str
    rule: str

    def __str__(self) -> str:
        return f"field {self.field}, line {self.element.sourceline}: {self.rule}"


class Wording:
    """Words for the refusals of one schema."""

    def __init__(self, schema: bytes) -> None:
        root = etree.fromstring(schema)
        self._names: set[str] = set()
        self._types: dict[str, set[str]] = {}
        for declaration in root.iter(f"{XS}element"):
            name = declaration.get("name")
            if name:
                self._names.add(name)
                self._types.setdefault(name, set()).add((declaration.get("type") or "").split(":")[-1])

    def pattern(self, document: Document, refusal: Any) -> Problem:
        """A pattern libxml2 found not matched."""
        element = _node(document, refusal)
        kinds = self._types.get(_local(element), set())
        # what follows the last occurrence comes from the schema, whatever the value before it contains
        pattern = str(refusal.message).rsplit(_PATTERN_TEXT, 1)[-1].rstrip(".'")
        if len(kinds) == 1 and (kind := next(iter(kinds))):
            return self._at(element, f"does not match the pattern of type {kind} ({pattern})")
        return self._at(element, f"does not match the pattern {pattern}")

    def fallback(self, document: Document, refusal: Any) -> Problem:
        """Whatever libxml2 found, by its rule alone: its texts quote the document."""
        name = str(refusal.type_name)
        rule = _RULES.get(name) or f"breaks the rule {name.removeprefix('SCHEMAV_').lower().replace('_', '-')}"
        return self._at(_node(document, refusal), rule)

    def problem(self, error: Any) -> Problem:
        """An error of xmlschema."""
        kind = type(error).__name__
        if kind == "XMLSchemaChildrenValidationError":
            return self._children(error)
        # xmlschema writes `attribute name='value': …`; the name is one the schema declares
        attribute = _ATTRIBUTE.match(str(error.reason or ""))
        which = f"attribute {attribute[1]} " if attribute else ""
        return self._at(error.elem, f"{which}{self._rule(kind, error)}")

    def _rule(self, kind: str, error: Any) -> str:
        validator = error.validator
        facet, reason = type(validator).__name__, str(error.reason or "")
        if kind == "XMLSchemaDecodeError":
            return f"is not a valid {validator.local_name or 'value of its type'}"
        if facet in _FACETS:
            return _FACETS[facet].format(validator.value)
        if facet == "XsdEnumerationFacets":
            allowed = [str(value) for value in validator.enumeration]
            return f"is not one of {', '.join(allowed)}" if len(allowed) <= _LONGEST_LIST else "is not a known code"
        if facet == "XsdAttributeGroup":
            if reason.startswith("missing required attribute"):
                return f"the attribute {reason.split()[-1]} is missing"
            return "carries an attribute that is not allowed"
        if facet in ("XsdElement", "XsdGroup"):
            known = (words for beginning, words in _REASONS.items() if reason.startswith(beginning))
            return next(known, "breaks a rule of its declaration")
        # a built-in type's own check: a function or a pattern of the XML Schema standard
        return "is not a valid value of its type"

    def _children(self, error: Any) -> Problem:
        expected = [item.local_name for item in error.expected or () if getattr(item, "local_name", None)]
        child = error.invalid_child
        hint = f"expected {' or '.join(expected[:_LONGEST_LIST])}" if expected else "nothing more is expected"
        if child is None:
            return self._at(error.elem, f"is not complete, {hint}")
        if _local(child) in self._names:
            return self._at(child, f"is not allowed at this place, {hint}")
        return self._at(error.elem, f"an unknown element in line {child.sourceline}, {hint}")

    def _at(self, element: Any, rule: str) -> Problem:
        steps = [self._step(step) for step in (element, *element.iterancestors())]
        return Problem(element, "/".join(reversed(steps)), rule)

    def _step(self, element: Any) -> str:
        """The name if the schema knows it, with its position among equals."""
        name = _local(element)
        if name not in self._names:
            return "?"
        parent = element.getparent()
        equals = [other for other in parent if other.tag == element.tag] if parent is not None else [element]
        return f"{name}[{equals.index(element) + 1}]" if len(equals) > 1 else name


def _node(document: Document, refusal: Any) -> Any:
    """The element a refusal of libxml2 is about, or the nearest above it that can be found.

    Its path consists of positions, and of names where these have a prefix, which is the sender's own.
    """
    path = refusal.path or ""
    while path:
        try:
            found = document.tree.xpath(path)
        except etree.XPathEvalError:
            found = []
        if isinstance(found, list) and found:
            return found[0]
        path = path.rpartition("/")[0]
    return document.tree.getroot()


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)
