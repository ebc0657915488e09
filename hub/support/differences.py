"""What differs between two versions of a content: field by field where both can be read, else line by line."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.documents import parse
from hub.documents.leaves import leaves
from hub.errors import Refused
from hub.support import masking


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, or with path "" a part of the whole, before and after. None: it is not there."""

    path: str
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)


def of_documents(before: bytes, after: bytes, limit: int) -> list[Difference]:
    """Of two XML documents of at most `limit` bytes, by the paths of `hub.documents.leaves`."""
    try:
        return _of_fields(leaves(parse(before, limit)), leaves(parse(after, limit)))
    except Refused:
        return _of_lines(before, after)


def of_contents(before: bytes, after: bytes, limit: int) -> list[Difference]:
    """Of what partners were or would be sent, whatever its form, by the paths of `hub.support.masking`."""
    old, new = ({row.path: row.value for row in masking.rows(body, None, limit)} for body in (before, after))
    return _of_fields(old, new)


def one(found: list[Difference], number: int) -> Difference:
    """Raises Refused `reveal.field`."""
    if not 0 <= number < len(found):
        raise Refused("reveal.field", f"there is no difference {number}")
    return found[number]


def _of_fields(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    paths = [*old, *(path for path in new if path not in old)]
    return [Difference(p, old.get(p), new.get(p)) for p in paths if old.get(p) != new.get(p)]


def _of_lines(before: bytes, after: bytes) -> list[Difference]:
    old, new = (text.decode("utf-8", errors="replace").splitlines() for text in (before, after))
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        Difference("", "\n".join(old[a:b]) or None, "\n".join(new[c:d]) or None)
        for tag, a, b, c, d in blocks
        if tag != "equal"
    ]
