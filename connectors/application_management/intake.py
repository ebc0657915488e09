"""An application on its way in (F5): form and attachments as parts of one request, so that all or nothing is taken.

The answer is the application with 宛名番号 (`application_linked`), from which the receipt is made as well; or 409 and a
receipt, when the serial leads to nobody or to several (R13), or it would replace what it may not (F7): then no system
gets it before a person has looked.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from urllib3.filepost import encode_multipart_formdata

from connectors.http.client import HttpClient
from connectors.http.xml import XML, about, reply_of, reply_with
from hub.errors import Refused
from hub.ports.connector import Objection, Reply, SendContext, Wire

APPLICATION = "application_management.application"
LINKED, RECEIPT = "application_management.application_linked", "application_management.application_receipt"
HELD = {
    "application.unlinked": "its serial leads to no 宛名番号, or to several",
    "application.other_applicant": "it would replace an application of somebody else",
    "application.superseded": "what it would replace was replaced before",
}
_ECHOES = ("reception_number", "procedure_code", "applied_at", "replaces", "applicant_name", "child_name")
_IN, _OUT = f"{{urn:renkei:{APPLICATION}:v1}}", f"{{urn:renkei:{LINKED}:v1}}"


def encode(document: bytes) -> Wire:
    """The form; what goes with it is fetched when it is sent."""
    return Wire(APPLICATION, document, XML)


def send(http: HttpClient, wire: Wire, context: SendContext) -> Sequence[Reply]:
    """Raises as `Connector.send`."""
    digests = [element.text or "" for element in ElementTree.fromstring(wire.content).iter(f"{_IN}sha256")]  # noqa: S314 - written by the hub
    parts = [("application", ("application.xml", wire.content, XML))]
    parts += [(each, (each, context.attachment(each), "application/octet-stream")) for each in dict.fromkeys(digests)]
    # the same bytes each time: under one key there may be one request only
    content, content_type = encode_multipart_formdata(parts, boundary=context.key.replace("-", ""))
    answer = http.post("/applications", content, content_type, context, heard=(409,))
    if answer.status == 409:
        raise _objection(wire.content, answer.body)
    reply = reply_of(answer.body, LINKED)
    about(wire.content, answer.body, _ECHOES)
    return reply, _receipt(answer.body)


def _receipt(linked: bytes) -> Reply:
    """受領確認 for an application that was taken."""
    said = ElementTree.fromstring(linked)  # noqa: S314 - looked at above
    number, person, at = (
        (said.findtext(_OUT + name) or "").strip() for name in ("reception_number", "addressee_number", "accepted_at")
    )
    fields = {"reception_number": number, "addressee_number": person, "outcome": "accepted", "decided_at": at}
    return reply_with(RECEIPT, "receipt", fields)


def _objection(sent: bytes, answer: bytes) -> Refused:
    """What a 409 means: a person has to look, of which the portal hears; or a refusal like any other."""
    try:
        receipt = reply_of(answer, RECEIPT)
        about(sent, answer, ("reception_number",))
    except Refused:
        return Refused("deliver.rejected", "status 409")
    said = ElementTree.fromstring(answer)  # noqa: S314 - looked at above
    space = f"{{urn:renkei:{RECEIPT}:v1}}"
    outcome, reason = (said.findtext(space + name, "").strip() for name in ("outcome", "reason"))
    if outcome != "held" or reason not in HELD:
        return Refused("reply.invalid", "a refusal for a reason nobody agreed on")
    return Objection(reason, HELD[reason], [receipt])
