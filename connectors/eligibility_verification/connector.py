"""Online eligibility verification (オンライン資格確認等システム): PMHキー and 紐付番号 as JSON (F17, S:77)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints

from connectors.http import KeyedConnector, Operation
from connectors.http.json import JSON, JsonModel, flat, read
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Reply

LinkNumber = Annotated[str, StringConstraints(pattern=r"^L[0-9A-Z]{15}$")]


class KeyLink(JsonModel):
    """PMHキー and 既存の紐付番号; 個人番号 never (table 1.0, R3)."""

    pmhKey: Annotated[str, StringConstraints(pattern=r"^K[0-9A-Z]{15}$")]  # noqa: N815 - the names of the wire
    linkNumber: LinkNumber  # noqa: N815


class Linked(JsonModel):
    """The receipt."""

    linkNumber: LinkNumber  # noqa: N815


def encode(document: bytes) -> bytes:
    """`eligibility_verification.key_link` → the JSON object."""
    return flat(document, KeyLink)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """None: nobody waits for the receipt. Raises Refused `reply.invalid` when it is not one for what was sent."""
    if read(answer, Linked).linkNumber != KeyLink.model_validate_json(sent).linkNumber:
        raise Refused("reply.invalid", "linkNumber: not the number that was sent")
    return ()


OPERATIONS = {
    "eligibility_verification.key_link": Operation("/key-links", JSON, encode, replies),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
