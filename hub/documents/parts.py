"""Items of a message that people may withhold, one by one, before it leaves (不開示)."""

from collections.abc import Callable, Collection
from copy import deepcopy

from lxml import etree

from hub.documents.contract_file import PartMarks
from hub.documents.fields import Field
from hub.documents.xml import Document
from hub.errors import Refused

Compile = Callable[..., Field]


class Parts:
    """See `PartMarks`."""

    def __init__(self, marks: PartMarks, compile: Compile) -> None:
        self._at = compile(marks.at, "parts", "at")
        self._code = compile(marks.code, "parts", "code", under=marks.at)
        self._value, self._reason, self._withheld = marks.value, marks.reason, marks.withheld

    def codes(self, document: Document) -> list[str]:
        """The items it has, in its order."""
        return [code for item in self._at.elements(document.tree) for code in self._code.values(item)]

    def without(self, document: Document, codes: Collection[str]) -> Document:
        """The same with these items withheld. Raises Refused `hold.part` where it has none of that code."""
        unknown = sorted(set(codes) - set(self.codes(document)))
        if unknown:
            raise Refused("hold.part", f"it has no item {', '.join(unknown)}")
        tree = deepcopy(document.tree)
        for item in self._at.elements(tree):
            if set(self._code.values(item)) & set(codes):
                self._withhold(item)
        return Document(tree)

    def marked(self) -> list[tuple[tuple[str | int, ...], Field, Field | None]]:
        """As `Contract.marked`."""
        return [(("parts", "at"), self._at, None), (("parts", "code"), self._code, self._at)]

    def _withhold(self, item: etree._Element) -> None:
        space = etree.QName(item).namespace
        for said in [child for child in item if etree.QName(child).localname in (self._value, self._reason)]:
            item.remove(said)
        reason = etree.SubElement(item, f"{{{space}}}{self._reason}")
        reason.text = self._withheld
