"""What a contract marks about protection: whether a document protects, and what a measure says."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from hub.documents.contract_file import MeasureMarks, ProtectionMark
from hub.documents.fields import Field
from hub.documents.xml import Document

Compile = Callable[..., Field]


@dataclass(frozen=True, slots=True)
class Measure:
    """A protection measure as a source states it. `raises`: it sets one, else it says that one has ended."""

    source: str
    item: str
    raises: bool
    reason: str
    version: int
    number: str


class Protection:
    """The field that says whether whom the document names is protected. `confirms`: the target that says so."""

    def __init__(self, mark: ProtectionMark, compile: Compile) -> None:
        self.at = compile(mark.at, "protection", "at")
        self._item = compile(mark.item, "protection", "item") if mark.item else None
        self._on = mark.on
        self.forced, self.confirms = mark.forced, mark.confirms

    def shields(self, document: Document) -> bool | None:
        """None where it says nothing."""
        values = self.at.values(document.tree)
        return all(value == self._on for value in values) if values else None

    def items(self, document: Document) -> tuple[str, ...]:
        """The data items it is about, none for all of the person."""
        return () if self._item is None else tuple(value for value in self._item.values(document.tree) if value)

    def shielded(self, document: Document) -> Document:
        """The same, saying that the person is protected."""
        tree = deepcopy(document.tree)
        for element in self.at.elements(tree):
            element.text = self._on
        return Document(tree)

    def marked(self) -> list[tuple[tuple[str | int, ...], Field, Field | None]]:
        """As `Contract.marked`."""
        found: list[tuple[tuple[str | int, ...], Field, Field | None]] = [(("protection", "at"), self.at, None)]
        return found if self._item is None else [*found, (("protection", "item"), self._item, None)]


class Measures:
    """The fields of a protection measure (F13)."""

    def __init__(self, marks: MeasureMarks, compile: Compile) -> None:
        paths = {name: getattr(marks, name) for name in ("source", "item", "action", "reason", "version", "number")}
        self._fields = {name: compile(path, "measure", name) for name, path in paths.items() if path is not None}
        self._raises = marks.raises

    def read(self, document: Document) -> list[Measure]:
        """Of a valid document: one for each version it states."""
        values = {name: field.values(document.tree) for name, field in self._fields.items()}
        said = {name: "".join(found[:1]) for name, found in values.items()}
        raises, item = said["action"] == self._raises, said.get("item", "")
        return [
            Measure(said["source"], item, raises, said["reason"], int(version), said["number"])
            for version in values["version"]
        ]

    def marked(self) -> list[tuple[tuple[str | int, ...], Field, Field | None]]:
        """As `Contract.marked`."""
        return [(("measure", name), field, None) for name, field in self._fields.items()]
