"""The simulated medical institutions (医療機関システム): take answers, and know none of the reasons."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hub.sandbox import partner_xml
from hub.sandbox.partner import XML, Answer, Entry, Refusal, Request, names_individual_number, record_digest

FOUND, NONE = "medical_institution.entitlements", "medical_institution.no_entitlement"
HEADER = {
    "ProcessExecutionTime": r"\d{14}",
    "QualificationConfirmationDate": r"\d{8}",
    "MedicalInstitutionCode": r"\d{10}",
    "ArbitraryFileIdentifier": "[0-9A-Za-z]{1,10}",
    "ReferenceClassification": "1",
    "SegmentOfResult": "1",
    "CharacterCodeIdentifier": "0",
}
RESULT = {"ProcessingResultStatus": "1", "QualificationValidity": "[14]"}
SUBSIDY = {
    "CertificateName": ".{1,100}",
    "PublicExpensePayerNumber": r"\d{8}",
    "PublicExpenseRecipientNumber": "[0-9A-Za-z]{1,30}",
    "AlwaysReimbursement": "[01]",
    "ValidFrom": r"\d{8}",
    "ValidTo": r"\d{8}",
}
_PMH_KEY = re.compile(r"(?<![0-9A-Z])K[0-9A-Z]{15}(?![0-9A-Z])", re.ASCII)


class MedicalInstitution:
    """Implements `hub.sandbox.partner.Behaviour`. One process stands for all institutions."""

    keyed = True

    def __init__(self) -> None:
        self._answered: dict[str, str] = {}  # digest of institution and file identifier → digest of the answer

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/responses"):
            raise Refusal(404)
        text = request.body.decode(errors="replace")
        if names_individual_number(text):
            raise Refusal(422, FOUND, "個人番号 may not reach a medical institution (R38)")
        if _PMH_KEY.search(text):
            raise Refusal(422, FOUND, "PMHキー may not reach a medical institution in the clear (table 1.0)")
        header, body = _read(request.body)
        listed = body.find("ResultList")
        found = body.findtext("QualificationValidity") == "1"
        infos = [] if listed is None else list(listed)
        if not (
            _holds(header, HEADER)
            and _holds(body, RESULT, () if listed is None else ("ResultList",))
            and found == bool(infos)
            and all(info.tag == "MedicalSubsidyInfo" and _holds(info, SUBSIDY) for info in infos)
        ):
            raise Refusal(422, FOUND)
        institution, file = (header.findtext(name) for name in ("MedicalInstitutionCode", "ArbitraryFileIdentifier"))
        record = f"{institution}/{file}"
        content = record_digest(text)
        known = self._answered.get(record_digest(record))
        if (known or content) != content:
            raise Refusal(409, FOUND)  # one answer to one inquiry
        receipt = f"<Receipt><ArbitraryFileIdentifier>{file}</ArbitraryFileIdentifier></Receipt>".encode()
        operation = FOUND if found else NONE
        return Answer(200, receipt, XML, operation, effect=known is None, record=record, note=content)

    def remember(self, entry: Entry) -> None:
        self._answered[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer)


def _read(body: bytes) -> tuple[Element, Element]:
    if b"<!DOCTYPE" in body:
        raise Refusal(400, FOUND)
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - no document type, so no entities
    except ElementTree.ParseError:
        raise Refusal(400, FOUND) from None
    if root.tag != "XmlMsg" or [child.tag for child in root] != ["MessageHeader", "MessageBody"]:
        raise Refusal(422, FOUND)
    return root[0], root[1]


def _holds(element: Element, texts: dict[str, str], groups: tuple[str, ...] = ()) -> bool:
    """Whether these texts are in it, in this order, then the groups, and nothing else."""
    if [child.tag for child in element] != [*texts, *groups]:
        return False
    return all(
        re.fullmatch(pattern, element.findtext(name) or "", re.ASCII | re.DOTALL) is not None
        for name, pattern in texts.items()
    )


def create() -> MedicalInstitution:
    """The partner without a past; the ledger brings it back."""
    return MedicalInstitution()
