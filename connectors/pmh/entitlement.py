"""An inquiry with a PMH連携キー (F18), and the answer: entitlements, or no, without a reason (R37)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from xml.sax.saxutils import escape

from pydantic import Field, StringConstraints

from connectors.http.json import JsonModel, flat, read
from connectors.http.xml import reply_with
from hub.errors import Refused
from hub.ports.connector import Reply

# ruff: noqa: N815 - the names of the wire
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Inquiry(JsonModel):
    """PMH連携キー, and what the answer must come back with; nobody is named (table 1.0)."""

    institutionCode: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
    fileIdentifier: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]
    confirmedOn: Date
    linkKey: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{100,400}$")]


class Entitlement(JsonModel):
    """What a claim needs; 個人番号 and PMHキー have no place in it (R38)."""

    certificationName: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    medicalSubsidyInsurerNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    medicalSubsidyRecipientNumber: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,30}$")]
    isAlwaysReimbursement: Literal["0", "1"]
    validFrom: Date
    validTo: Date


class Answer(JsonModel):
    """`entitlements` is empty for no."""

    processedAt: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$")]
    entitlements: Annotated[list[Entitlement], Field(max_length=20)]


def encode(document: bytes) -> bytes:
    """`pmh.entitlement_inquiry` → the JSON object."""
    return flat(document, Inquiry)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """`pmh.entitlements` or `pmh.no_entitlement`, for the institution that asked. Raises Refused `reply.invalid`."""
    inquiry, found = Inquiry.model_validate_json(sent), read(answer, Answer)
    head = inquiry.model_dump(exclude={"linkKey"}) | {"processedAt": found.processedAt}
    if not found.entitlements:
        return (reply_with("pmh.no_entitlement", "noEntitlement", head),)
    return (with_entitlements("pmh.entitlements", "entitlements", head, inquiry.confirmedOn, found.entitlements),)


def with_entitlements(
    kind: str, root: str, head: Mapping[str, str], day: str, entitlements: Sequence[Entitlement]
) -> Reply:
    """A reply that lists them after `head`. Raises Refused `reply.invalid`: one is not valid on the day (R41)."""
    if any(not each.validFrom <= day <= each.validTo for each in entitlements):
        raise Refused("reply.invalid", "entitlements: one is not valid on the day that was asked about (R41)")
    listed = "".join(f"<entitlement>{_elements(each.model_dump())}</entitlement>" for each in entitlements)
    return Reply(kind, f'<{root} xmlns="urn:renkei:{kind}:v1">{_elements(head)}{listed}</{root}>'.encode())


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in values.items())
