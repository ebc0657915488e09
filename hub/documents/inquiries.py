"""What a contract marks about inquiries of other bodies: what is asked, and which inquiries are permitted."""

from collections.abc import Callable

from hub.documents.contract_file import AsksMarks, InquiryMarks, PermissionMarks
from hub.documents.fields import Field
from hub.documents.moments import microseconds
from hub.documents.xml import Document
from hub.errors import Refused
from hub.ports.permissions import Combination, Inquiry, PermissionList

Compile = Callable[..., Field]
Marked = list[tuple[tuple[str | int, ...], Field, Field | None]]
_CODES = ("inquirer", "procedure", "provider", "item")
_ABOUT = ("number", "licence_for", "licence_until", "route")
_LIST = ("version", "valid_from", "valid_until")


class Inquiries:
    """The fields of an inquiry (F12). `denied`: the contract of the answer when it is not permitted."""

    def __init__(self, marks: InquiryMarks, compile: Compile) -> None:
        self._fields = {name: compile(getattr(marks, name), "inquiry", name) for name in (*_CODES, *_ABOUT)}
        self.denied = marks.denied

    def read(self, document: Document) -> Inquiry:
        """Of a valid document. Raises Refused `validate.schema` where the end of the licence is no moment."""
        said = {name: _text(field, document) for name, field in self._fields.items()}
        until = _moment(self._fields["licence_until"], said["licence_until"])
        asked = Combination(*(said[name] for name in _CODES))
        return Inquiry(asked, said["number"], said["licence_for"], until, said["route"])

    def marked(self) -> Marked:
        """As `Contract.marked`."""
        return [(("inquiry", name), field, None) for name, field in self._fields.items()]


class Asks:
    """The fields of an inquiry of the own body (F10). `at`: the connector it leaves by."""

    def __init__(self, marks: AsksMarks, compile: Compile) -> None:
        self._fields = {name: compile(getattr(marks, name), "asks", name) for name in _CODES[1:]}
        self.at = marks.at

    def read(self, document: Document, inquirer: str) -> Combination:
        """Of a valid document. `inquirer`: the own body."""
        return Combination(inquirer, *(_text(field, document) for field in self._fields.values()))

    def marked(self) -> Marked:
        """As `Contract.marked`."""
        return [(("asks", name), field, None) for name, field in self._fields.items()]


class PermissionLists:
    """The fields of a list of permitted inquiries (F15)."""

    def __init__(self, marks: PermissionMarks, compile: Compile) -> None:
        self._fields = {name: compile(getattr(marks, name), "permissions", name) for name in _LIST}
        self._at = compile(marks.at, "permissions", "at")
        self._codes = {name: compile(getattr(marks, name), "permissions", name, under=marks.at) for name in _CODES}

    def read(self, document: Document) -> PermissionList:
        """Of a valid document. Raises Refused `validate.schema` where a time is none."""
        said = {name: _text(field, document) for name, field in self._fields.items()}
        return PermissionList(
            int(said["version"]),
            _moment(self._fields["valid_from"], said["valid_from"]),
            _moment(self._fields["valid_until"], said["valid_until"]),
            frozenset(
                Combination(*("".join(self._codes[name].values(node)[:1]) for name in _CODES))
                for node in self._at.elements(document.tree)
            ),
        )

    def marked(self) -> Marked:
        """As `Contract.marked`."""
        found: Marked = [(("permissions", name), field, None) for name, field in self._fields.items()]
        found.append((("permissions", "at"), self._at, None))
        return found + [(("permissions", name), field, self._at) for name, field in self._codes.items()]


def _text(field: Field, document: Document) -> str:
    return "".join(field.values(document.tree)[:1])


def _moment(field: Field, text: str) -> int:
    try:
        return microseconds(text)
    except ValueError:
        raise Refused("validate.schema", f"field {field.name}: is no moment") from None
