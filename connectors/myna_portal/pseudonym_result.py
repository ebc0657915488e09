"""Whether PMH stored a PMH仮名識別子 (F19), for the portal that made it; nobody is named (R38)."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from connectors.http.json import JsonModel, flat


class PseudonymResult(JsonModel):
    pseudonym: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{32}$")]
    result: Literal["stored", "refused"]


def encode(document: bytes) -> bytes:
    """`myna_portal.pseudonym_result` → the JSON object."""
    return flat(document, PseudonymResult)
