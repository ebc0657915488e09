"""The intermediate server of the insurers (医療保険者等向け中間サーバー): 採番処理依頼 as JSON over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints

from connectors.http import KeyedConnector, Operation
from connectors.http.json import JSON, JsonModel, flat, read
from connectors.http.xml import reply_with
from hub.errors import Refused
from hub.ports.connector import ConnectorSettings, Reply

Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class KeyRequest(JsonModel):
    """個人番号 and the id PMH gave its request; 資格情報 never (table 1.0)."""

    myNumber: Number  # noqa: N815 - the names of the wire
    requestId: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]  # noqa: N815


class KeyIssued(JsonModel):
    """PMHキー and 個人番号 and nothing else (S:210, R2)."""

    pmhKey: Annotated[str, StringConstraints(pattern=r"^K[0-9A-Z]{15}$")]  # noqa: N815
    myNumber: Number  # noqa: N815


def encode(document: bytes) -> bytes:
    """`insurer_intermediate_server.key_request` → the JSON object."""
    return flat(document, KeyRequest)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """The key. Raises Refused `reply.invalid` for any other set of members, or a key for another number (R2)."""
    issued = read(answer, KeyIssued)
    if issued.myNumber != KeyRequest.model_validate_json(sent).myNumber:
        raise Refused("reply.invalid", "myNumber: not the number that was asked for")
    return (reply_with("insurer_intermediate_server.key_issued", "keyIssued", issued.model_dump()),)


OPERATIONS = {
    "insurer_intermediate_server.key_request": Operation("/pmh-key-requests", JSON, encode, replies),
}


def create(settings: ConnectorSettings) -> KeyedConnector:
    """The connector of one configuration file."""
    return KeyedConnector(settings, OPERATIONS)
