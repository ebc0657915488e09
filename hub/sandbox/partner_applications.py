"""How simulated application management takes applications in (F5): whole, once, under the applicant's 宛名番号."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from email.parser import BytesParser
from email.policy import HTTP
from xml.etree.ElementTree import Element

from hub.sandbox import applications, forms, partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, record_digest
from hub.sandbox.partner_xml import Content, Item, namespace, value

APPLICATION = "application_management.application"
LINKED, RECEIPT = "application_management.application_linked", "application_management.application_receipt"
FORM = forms.items(Item("certificate_serial", "[0-9A-F]{16,40}"))
_JST = timezone(timedelta(hours=9))


class Applications:
    """`active`: every 宛名番号 a serial stands for by the differences so far (R11)."""

    def __init__(self, active: Callable[[str], Sequence[str]]) -> None:
        self._active = active
        self._known: dict[str, str] = {}  # digest of 受付番号 → digest of the content

    def handle(self, body: bytes) -> Answer:
        parts = _parts(body)
        content = parts.pop("application", b"")
        document = partner_xml.read(content, APPLICATION, "application", FORM)
        number = value(document, APPLICATION, "reception_number")
        if not applications.is_one(number) or not _complete(document, parts):
            raise Refusal(422, APPLICATION)
        written = record_digest(content.decode())
        known = self._known.get(record_digest(number))
        if known not in (None, written):
            raise Refusal(409, APPLICATION)  # another application under the same number
        serial = value(document, APPLICATION, "certificate_serial")
        persons = sorted({*self._active(serial), *forms.linked(serial)})
        if len(persons) != 1:
            return Answer(409, _held(number), operation=APPLICATION, effect=False)
        answer = partner_xml.write(LINKED, "application", *_answered(document, persons[0]))
        return Answer(200, answer, operation=APPLICATION, effect=known is None, record=number, note=json.dumps(written))

    def remember(self, entry: Entry) -> None:
        self._known[entry.record] = json.loads(entry.note)


def _parts(body: bytes) -> dict[str, bytes]:
    """The parts of a multipart request by their names. Raises Refusal 400."""
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--")
    head = b"Content-Type: multipart/form-data; boundary=" + boundary + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes) or name in found:
            raise Refusal(400, APPLICATION)
        found[name] = content
    if "application" not in found:
        raise Refusal(400, APPLICATION)
    return found


def _complete(document: Element, parts: Mapping[str, bytes]) -> bool:
    """Whether all attachments the form lists are there as it says, and no other."""
    space = namespace(APPLICATION)
    listed = {
        str(each.findtext(f"{space}sha256")): int(each.findtext(f"{space}size") or 0)
        for each in document.iter(f"{space}attachment")
    }
    there = {name: len(content) for name, content in parts.items()}
    return listed == there and all(hashlib.sha256(content).hexdigest() == name for name, content in parts.items())


def _answered(document: Element, person: str) -> list[Content]:
    """The form with 宛名番号 in place of the serial (table 1.0)."""
    found: list[Content] = []
    for each in document:
        if each.tag == namespace(APPLICATION) + "certificate_serial":
            found += [("addressee_number", person), ("accepted_at", _now())]
        else:
            found.append(each)
    return found


def _held(number: str) -> bytes:
    """Nobody is linked without a person (R13)."""
    return partner_xml.write(
        RECEIPT,
        "receipt",
        ("reception_number", number),
        ("outcome", "held"),
        ("reason", "application.unlinked"),
        ("decided_at", _now()),
    )


def _now() -> str:
    return datetime.now(_JST).isoformat(timespec="seconds")
