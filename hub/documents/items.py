"""Items of a list that go on one by one, each as a document of its own."""

from collections.abc import Callable, Iterator
from copy import deepcopy

from hub.documents.contract_file import ItemsMark
from hub.documents.fields import Field
from hub.documents.xml import Document

Compile = Callable[..., Field]


class Items:
    """See `ItemsMark`."""

    def __init__(self, mark: ItemsMark, compile: Compile) -> None:
        self._at = compile(mark.at, "items", "at")

    def each(self, document: Document) -> Iterator[Document]:
        """The document once for each of its items, without the others, in their order."""
        frame = deepcopy(document.tree)
        items = self._at.elements(frame)
        places = [frame.getroot().index(item) for item in items]
        for item in items:
            frame.getroot().remove(item)
        for item in items:
            tree = deepcopy(frame)
            tree.getroot().insert(places[0], item)
            yield Document(tree)

    def marked(self) -> list[tuple[tuple[str | int, ...], Field, Field | None]]:
        """As `Contract.marked`."""
        return [(("items", "at"), self._at, None)]
