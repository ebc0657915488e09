"""How simulated application management takes applications in (F5): whole, once, under the applicant's 宛名番号."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
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


@dataclass(frozen=True, slots=True)
class Version:
    """One application. `content`: its digest; `replaces`: the digest of the 受付番号 it stands for, or empty."""

    content: str
    person: str
    replaces: str


class Applications:
    """`active`: every 宛名番号 a serial stands for by the differences so far (R11).

    An application that a newer one of the same applicant stands for is history, whichever of them came first (F7, R18).
    """

    def __init__(self, active: Callable[[str], Sequence[str]]) -> None:
        self._active = active
        self._known: dict[str, Version] = {}  # by the digest of 受付番号
        self._newer: dict[str, str] = {}  # digest of 受付番号 → that of the application that stands for it

    def handle(self, body: bytes) -> Answer:
        parts = _parts(body)
        content = parts.pop("application", b"")
        document = partner_xml.read(content, APPLICATION, "application", FORM)
        number = value(document, APPLICATION, "reception_number")
        if not applications.is_one(number) or not _complete(document, parts):
            raise Refusal(422, APPLICATION)
        written = record_digest(content.decode())
        known = self._known.get(record_digest(number))
        if known is not None and known.content != written:
            raise Refusal(409, APPLICATION)  # another application under the same number
        serial = value(document, APPLICATION, "certificate_serial")
        persons = sorted({*self._active(serial), *forms.linked(serial)})
        replaces = value(document, APPLICATION, "replaces")
        version = Version(written, persons[0] if len(persons) == 1 else "", record_digest(replaces) if replaces else "")
        reason = "" if known is not None else self._doubt(record_digest(number), version)
        if reason:
            return Answer(409, held(number, reason), operation=APPLICATION, effect=False)
        answer = partner_xml.write(LINKED, "application", *_answered(document, version.person))
        note = json.dumps(astuple(version))
        return Answer(200, answer, operation=APPLICATION, effect=known is None, record=number, note=note)

    def remember(self, entry: Entry) -> None:
        version = Version(*json.loads(entry.note))
        self._known[entry.record] = version
        if version.replaces:
            self._newer[version.replaces] = entry.record

    def is_history(self, number: str) -> bool:
        """Whether it may not be examined any more. One of somebody else replaces nothing."""
        old = record_digest(number)
        newer = self._newer.get(old)
        return newer is not None and (old not in self._known or self._known[old].person == self._known[newer].person)

    def _doubt(self, number: str, version: Version) -> str:
        """Why a person has to look at it, empty: nobody need."""
        if not version.person:
            return "application.unlinked"
        old = self._known.get(version.replaces)
        if old is not None and old.person != version.person:
            return "application.other_applicant"
        if version.replaces and (version.replaces in self._newer or self._newer.get(number) == version.replaces):
            return "application.superseded"
        return ""


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


def held(number: str, reason: str) -> bytes:
    """The receipt of what is not taken before a person has looked (R13)."""
    return partner_xml.write(
        RECEIPT,
        "receipt",
        ("reception_number", number),
        ("outcome", "held"),
        ("reason", reason),
        ("decided_at", _now()),
    )


def _now() -> str:
    return datetime.now(_JST).isoformat(timespec="seconds")
