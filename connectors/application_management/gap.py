"""A gap in the numbers of the differences (F1, R12): the partner takes nothing past it and wants the full set."""

import re
from xml.etree import ElementTree

from connectors.http.xml import reply_of, texts
from hub.errors import Refused
from hub.ports.connector import Objection

WANTED = "application_management.full_set_wanted"
_SPACE = f"{{urn:renkei:{WANTED}:v1}}"
_NUMBER = re.compile("[1-9][0-9]{0,9}")  # too short to be anybody's number: it may stand in the explanation


def objection(sent: bytes, answer: bytes) -> Refused:
    """What a 409 to a difference means: a gap, which the registry must hear of, or a refusal like any other."""
    try:
        wanted = reply_of(answer, WANTED)
        texts(answer)  # well-formed, and without a document type
    except Refused:
        return Refused("deliver.rejected", "status 409")
    said = ElementTree.fromstring(answer)  # noqa: S314 - looked at above
    expected, received = (said.findtext(f"{_SPACE}{name}_sequence_number", "") for name in ("expected", "received"))
    if received != _sequence_number(sent) or not _NUMBER.fullmatch(expected) or not _NUMBER.fullmatch(received):
        return Refused("reply.invalid", "the refusal is not about the number that was sent")
    return Objection("deliver.gap", f"the partner expects number {expected}, this is {received}", [wanted])


def _sequence_number(document: bytes) -> str:
    namespace = "{urn:renkei:application_management.number_links:v1}"
    return (ElementTree.fromstring(document).findtext(f"{namespace}sequence_number") or "").strip()  # noqa: S314 - written by the hub
