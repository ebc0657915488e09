"""A PMH仮名識別子 at first use in the portal (F19): stored with a PMHキー, one to one (R39)."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import StringConstraints

from connectors.http.json import JsonModel, flat, read
from connectors.http.xml import reply_with
from hub.errors import Refused
from hub.ports.connector import Objection, Reply

Pseudonym = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{32}$")]


class Binding(JsonModel):
    """Whose it is, PMH alone can tell: the PMHキー is sealed in the PMH連携キー (table 1.0)."""

    pseudonym: Pseudonym
    linkKey: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{100,400}$")]  # noqa: N815 - the names of the wire


class Result(JsonModel):
    """No reason: the portal need not know (R37)."""

    pseudonym: Pseudonym
    result: Literal["stored", "refused"]


def encode(document: bytes) -> bytes:
    """`pmh.pseudonym_binding` → the JSON object."""
    return flat(document, Binding)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """The result. Raises Refused `reply.invalid` when it is about another pseudonym."""
    return (_reply(_read(sent, answer)),)


def objection(sent: bytes, answer: bytes) -> Refused:
    """A 409: the pseudonym has another PMHキー, or the PMHキー another pseudonym. The portal hears no; staff, of it."""
    try:
        said = _read(sent, answer)
    except Refused:
        return Refused("deliver.rejected", "status 409")
    if said.result != "refused":
        return Refused("reply.invalid", "result: a conflict, and yet stored")
    return Objection("deliver.bound", "the pseudonym or the key it is for is bound otherwise (R39)", [_reply(said)])


def _read(sent: bytes, answer: bytes) -> Result:
    found = read(answer, Result)
    if found.pseudonym != Binding.model_validate_json(sent).pseudonym:
        raise Refused("reply.invalid", "pseudonym: not the one that was sent")
    return found


def _reply(result: Result) -> Reply:
    return reply_with("pmh.pseudonym_result", "pseudonymResult", result.model_dump())
