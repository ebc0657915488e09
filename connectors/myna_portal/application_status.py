"""The status of an application (F6): 申請ステータス and 自治体コメント under a 受付番号, and nobody is named (R3)."""

from typing import Annotated, Any
from xml.etree import ElementTree

from pydantic import Field, StringConstraints

from connectors.http.json import JsonModel, members, model_of

# ruff: noqa: N815 - the names of the wire


class ApplicationStatus(JsonModel):
    receptionNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
    statusVersion: Annotated[int, Field(ge=1)]
    applicationStatusCode: Annotated[str, StringConstraints(pattern=r"^0[1-6]$")]
    applicationStatusName: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    municipalityComment: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    changedAt: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9:]{5})?$")
    ]


_FREE_TEXT = frozenset({"applicationStatusName", "municipalityComment"})


def encode(document: bytes) -> bytes:
    """`myna_portal.application_status` → the JSON object. Free text keeps every character."""
    element = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    values: dict[str, Any] = {name: text if name in _FREE_TEXT else text.strip() for name, text in members(element)}
    values["statusVersion"] = int(values["statusVersion"])
    return model_of(ApplicationStatus, values).model_dump_json(exclude_none=True).encode()
