"""What a person gets to see of PMH in the portal, under a PMH仮名識別子 (F20); never 個人番号 (R38)."""

from typing import Annotated, Literal
from xml.etree import ElementTree

from pydantic import Field, StringConstraints

from connectors.http.json import JsonModel, flat, members, model_of

# ruff: noqa: N815 - the names of the wire
ViewNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]
Pseudonym = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{32}$")]
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Entitlement(JsonModel):
    certificationName: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    medicalSubsidyInsurerNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    medicalSubsidyRecipientNumber: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,30}$")]
    isAlwaysReimbursement: Literal["0", "1"]
    validFrom: Date
    validTo: Date


class Found(JsonModel):
    viewNumber: ViewNumber
    pseudonym: Pseudonym
    viewedOn: Date
    entitlements: Annotated[list[Entitlement], Field(min_length=1, max_length=20)]


class Denied(JsonModel):
    """`unknown`: as a page that does not exist; `stopped`: 閲覧停止."""

    viewNumber: ViewNumber
    pseudonym: Pseudonym
    result: Literal["unknown", "stopped"]


def encode_found(document: bytes) -> bytes:
    """`myna_portal.entitlements` → the JSON object. The name of a certificate keeps every character."""
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    listed = [_values(child) for child in root if len(child)]
    return model_of(Found, {**_values(root), "entitlements": listed}).model_dump_json().encode()


def encode_denied(document: bytes) -> bytes:
    """`myna_portal.view_denied` → the JSON object."""
    return flat(document, Denied)


def _values(element: ElementTree.Element) -> dict[str, str]:
    return {name: text if name == "certificationName" else text.strip() for name, text in members(element)}
