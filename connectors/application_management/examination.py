"""A case whose application was replaced by a newer one (F7): it is not examined any more, its history is kept (R18)."""

from xml.etree import ElementTree

from connectors.application_management.intake import RECEIPT
from connectors.http.xml import about, reply_of
from hub.errors import Refused

SUPERSEDED = "application.superseded"


def objection(sent: bytes, answer: bytes) -> Refused:
    """What a 409 to a record or a closing means."""
    try:
        reply_of(answer, RECEIPT)
        about(sent, answer, ("reception_number",))
    except Refused:
        return Refused("deliver.rejected", "status 409")
    said = ElementTree.fromstring(answer)  # noqa: S314 - looked at above
    if said.findtext(f"{{urn:renkei:{RECEIPT}:v1}}reason") != SUPERSEDED:
        return Refused("reply.invalid", "a refusal for a reason nobody agreed on")
    return Refused(SUPERSEDED, "a newer application stands in its place")
