"""The key of a number for PMH (F17): PMHキー and 個人番号 and nothing else (S:210, R2)."""

from typing import Annotated

from pydantic import StringConstraints

from connectors.http.json import JsonModel, flat


class KeyBinding(JsonModel):
    pmhKey: Annotated[str, StringConstraints(pattern=r"^K[0-9A-Z]{15}$")]  # noqa: N815 - the names of the wire
    myNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]  # noqa: N815


def encode(document: bytes) -> bytes:
    """`pmh.key_binding` → the JSON object."""
    return flat(document, KeyBinding)
