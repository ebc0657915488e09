"""Whether PMH stored a PMH仮名識別子 (F19), for the portal that made it; nobody is named (R38)."""

from typing import Annotated, Literal
from xml.etree import ElementTree

from pydantic import StringConstraints

from connectors.http.json import JsonModel, members, model_of


class PseudonymResult(JsonModel):
    pseudonym: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{32}$")]
    result: Literal["stored", "refused"]


def encode(document: bytes) -> bytes:
    """`myna_portal.pseudonym_result` → the JSON object."""
    element = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    values = {name: text.strip() for name, text in members(element)}
    return model_of(PseudonymResult, values).model_dump_json().encode()
