"""A body as rows of fields: every value masked, whatever it is; one can be asked for by its number."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hub.documents import Contract, Document, parse
from hub.documents.leaves import leaves
from hub.errors import Refused

_PLACE = re.compile(r"\[[0-9]+\]")
MASK = "●●●●"  # the same for every value: its length says nothing


@dataclass(frozen=True, slots=True)
class Row:
    """`number`: its place; `path`: where it stands; `kind`: of a number that names a person, by the contract."""

    number: int
    path: str
    value: str = field(repr=False)
    kind: str = ""

    @property
    def empty(self) -> bool:
        """That a field has no value is told: it is often why a message failed."""
        return not self.value.strip()


def rows(body: bytes, contract: Contract | None, limit: int) -> tuple[Row, ...]:
    """The fields of an XML or JSON body; of anything else, and of what cannot be read, its lines.

    `contract`: what it claims to satisfy, where there is such a one.
    """
    try:
        document = parse(body, limit)
    except Refused:
        return tuple(Row(n, path, value) for n, (path, value) in enumerate(_other(body)))
    kinds = {} if contract is None else _kinds(document, contract)
    return tuple(
        Row(n, path.lstrip("/"), value, kinds.get(without_places(path.lstrip("/")), ""))
        for n, (path, value) in enumerate(leaves(document).items())
    )


def without_places(path: str) -> str:
    """As a contract names it: without the numbers of brothers."""
    return _PLACE.sub("", path)


def one(found: Sequence[Row], number: int) -> Row:
    """Raises Refused `reveal.field`."""
    if not 0 <= number < len(found):
        raise Refused("reveal.field", f"the message has no field {number}")
    return found[number]


def _kinds(document: Document, contract: Contract) -> dict[str, str]:
    return {name: kind for kind, _value, name in contract.identifiers(document)}


def _other(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        yield from _json("", json.loads(body))
    except (ValueError, RecursionError):
        for number, line in enumerate(body.decode("utf-8", errors="replace").splitlines(), 1):
            yield f"#{number}", line


def _json(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _json(f"{path}/{name}" if path else name, part)
    elif isinstance(value, list):
        for nth, part in enumerate(value, 1):
            yield from _json(f"{path}[{nth}]", part)
    else:
        yield path, "" if value is None else value if isinstance(value, str) else json.dumps(value)
