"""The receipt for an application (受領確認, F5): what became of it at the door, under its 受付番号 (R3)."""

from typing import Annotated, Literal
from xml.etree import ElementTree

from pydantic import StringConstraints

from connectors.http.json import JsonModel, members, model_of

# ruff: noqa: N815 - the names of the wire


class ApplicationReceipt(JsonModel):
    receptionNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
    outcome: Literal["accepted", "held", "refused"]
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")] | None = None
    decidedAt: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9:]{5})?$")
    ]


def encode(document: bytes) -> bytes:
    """`myna_portal.application_receipt` → the JSON object."""
    element = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    values = {name: text.strip() for name, text in members(element)}
    return model_of(ApplicationReceipt, values).model_dump_json(exclude_none=True).encode()
