"""What a person looks at in the portal, asked of PMH under a PMH仮名識別子 (F20), and the answer."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from connectors.http.json import JsonModel, flat, read
from connectors.http.xml import reply_with
from connectors.pmh.entitlement import Date, Entitlement, with_entitlements
from connectors.pmh.pseudonym import Pseudonym
from hub.errors import Refused
from hub.ports.connector import Reply


class View(JsonModel):
    """No other identifier than the pseudonym (S:219)."""

    viewNumber: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]  # noqa: N815 - the names of the wire
    pseudonym: Pseudonym
    viewedOn: Date  # noqa: N815


class Seen(JsonModel):
    """`stopped`: 閲覧停止. 不開示 is answered like a pseudonym nobody knows (R40)."""

    result: Literal["found", "unknown", "stopped"]
    entitlements: Annotated[list[Entitlement], Field(max_length=20)]


def encode(document: bytes) -> bytes:
    """`pmh.entitlement_view` → the JSON object."""
    return flat(document, View)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """`pmh.view_found` or `pmh.view_denied`. Raises Refused `reply.invalid`: also where result and content differ."""
    view, seen = View.model_validate_json(sent), read(answer, Seen)
    if (seen.result == "found") != bool(seen.entitlements):
        raise Refused("reply.invalid", "entitlements: not what the result says")
    if seen.entitlements:
        return (with_entitlements("pmh.view_found", "viewFound", view.model_dump(), view.viewedOn, seen.entitlements),)
    head = {"viewNumber": view.viewNumber, "pseudonym": view.pseudonym, "result": seen.result}
    return (reply_with("pmh.view_denied", "viewDenied", head),)
