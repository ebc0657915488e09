"""The simulated portal (マイナポータル): lays applications out, shows what became of them, and what PMH says."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.sandbox import partner_json
from hub.sandbox.partner import JSON, Answer, Entry, Refusal, Request, names_individual_number, record_digest

POLLED = "/applications"
STATUS, RECEIPT = "myna_portal.application_status", "myna_portal.application_receipt"
COLLECTED = "myna_portal.application_collected"
RECEIVED_AT = "2026-09-01T09:00:00+09:00"  # when all of them came in: a day of the synthetic city
STATUS, PSEUDONYM = "myna_portal.application_status", "myna_portal.pseudonym_result"
SHOWN, DENIED = "myna_portal.entitlements", "myna_portal.view_denied"
NAMES = {"01": "受付", "02": "審査中", "03": "補正依頼", "04": "却下", "05": "取下げ", "06": "完了"}
# From one status to the next; the first one reported may be any.
NEXT = {
    "01": {"02", "05"},
    "02": {"03", "04", "05", "06"},
    "03": {"02", "04", "05"},
    "04": set(),
    "05": set(),
    "06": set(),
}
TEXTS = {
    "receptionNumber": "[0-9]{16}",
    "applicationStatusCode": "0[1-6]",
    "applicationStatusName": ".{1,50}",
    "municipalityComment": ".{1,500}",
    "changedAt": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
}
OPTIONAL = frozenset({"municipalityComment"})
RECEIPT_TEXTS = {
    "receptionNumber": "[0-9]{16}",
    "outcome": "accepted|held|refused",
    "reason": "[a-z_]+[.][a-z_]+",
    "decidedAt": TEXTS["changedAt"],
}
_PACKAGE = re.compile(r"/applications/([0-9]{16}\.zip)")
_TAKEN = re.compile(r"/applications/([0-9]{16})/collections")
_DATE = r"\d{4}-\d\d-\d\d"
VIEW = {"viewNumber": "[0-9A-Za-z]{1,10}", "pseudonym": "[A-Za-z]{32}"}
CERTIFICATE = {
    "certificationName": ".{1,100}",
    "medicalSubsidyInsurerNumber": r"\d{8}",
    "medicalSubsidyRecipientNumber": "[0-9A-Za-z]{1,30}",
    "isAlwaysReimbursement": "[01]",
    "validFrom": _DATE,
    "validTo": _DATE,
}
# 宛名番号: fifteen digits with zeros to the left. 受付番号 has sixteen.
_PMH_KEY = re.compile(r"(?<![0-9A-Za-z])K[0-9A-Z]{15}(?![0-9A-Za-z])", re.ASCII)
_ADDRESSEE_NUMBER = re.compile(r"(?<!\d)0\d{14}(?!\d)", re.ASCII)


class MynaPortal:
    """Implements `hub.sandbox.partner.Behaviour`. It lays out `{受付番号}.zip`; a status only goes forward (R20)."""

    keyed = True

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, str, str]] = {}  # digest of 受付番号 → version, code, digest of the content
        self._receipts: dict[str, tuple[str, str]] = {}  # digest of 受付番号 → outcome, digest of the content

    def handle(self, request: Request) -> Answer:
        if request.method == "GET":
            return _shown(request)
        taken = _TAKEN.fullmatch(request.path)
        if taken:
            return Answer(operation=COLLECTED, effect=False, taken=(f"{taken[1]}.zip",))
        desk = _DESKS.get(request.path)
        if desk is None:
            raise Refusal(404)
        operation, work = desk
        text = request.body.decode(errors="replace")
        if names_individual_number(text):
            raise Refusal(422, operation, "個人番号 may not reach the portal (R3, R38)")
        if _ADDRESSEE_NUMBER.search(text):
            raise Refusal(422, operation, "宛名番号 may not reach the portal (table 1.0)")
        if _PMH_KEY.search(text):
            raise Refusal(422, operation, "PMHキー may not reach the portal (table 1.0)")
        return work(self, request, text)

    def _receipt(self, request: Request, text: str) -> Answer:
        """受領確認. What was accepted stays accepted."""
        receipt = partner_json.read(request.body, RECEIPT)
        if not partner_json.fits(receipt, RECEIPT_TEXTS, {}, frozenset({"reason"})):
            raise Refusal(422, RECEIPT)
        number, outcome = receipt["receptionNumber"], receipt["outcome"]
        if (outcome == "accepted") == ("reason" in receipt):
            raise Refusal(422, RECEIPT)
        content = record_digest(text)
        known = self._receipts.get(record_digest(number))
        if known == (outcome, content):
            return Answer(operation=RECEIPT, effect=False)
        if known is not None and known[0] == "accepted":
            raise Refusal(409, RECEIPT)
        return Answer(operation=RECEIPT, record=number, note=f"{outcome}/{content}")

    def _show_status(self, request: Request, text: str) -> Answer:
        status = partner_json.read(request.body, STATUS)
        if not partner_json.fits(status, TEXTS, {"statusVersion": int}, OPTIONAL) or not _sound(status):
            raise Refusal(422, STATUS)
        number, version, code = status["receptionNumber"], status["statusVersion"], status["applicationStatusCode"]
        content = record_digest(text)
        known = self._newest.get(record_digest(number))
        if known is not None and known[0] == version and known[2] == content:
            return Answer(operation=STATUS, effect=False)
        if known is not None and version <= known[0]:
            raise Refusal(409, STATUS)  # a stale version, or the same with other content
        if known is not None and code not in NEXT[known[1]]:
            raise Refusal(422, STATUS)
        return Answer(operation=STATUS, record=number, version=version, note=f"{code}/{content}")

    def _note_pseudonym(self, request: Request, _text: str) -> Answer:
        said = partner_json.read(request.body, PSEUDONYM)
        if not partner_json.fits(said, {"pseudonym": "[A-Za-z]{32}", "result": "stored|refused"}, {}, frozenset()):
            raise Refusal(422, PSEUDONYM)
        return Answer(operation=PSEUDONYM, record=said["pseudonym"], reason=said["result"])

    def _show(self, request: Request, _text: str) -> Answer:
        said = partner_json.read(request.body, SHOWN)
        if not partner_json.fits(said, VIEW | {"viewedOn": _DATE}, {"entitlements": list}, frozenset()) or not all(
            partner_json.fits(each, CERTIFICATE, {}, frozenset()) for each in said["entitlements"] or [None]
        ):
            raise Refusal(422, SHOWN)
        return Answer(operation=SHOWN, record=said["viewNumber"], reason="found")

    def _deny(self, request: Request, _text: str) -> Answer:
        said = partner_json.read(request.body, DENIED)
        if not partner_json.fits(said, VIEW | {"result": "unknown|stopped"}, {}, frozenset()):
            raise Refusal(422, DENIED)
        return Answer(operation=DENIED, record=said["viewNumber"], reason=said["result"])

    def remember(self, entry: Entry) -> None:
        if entry.operation == RECEIPT:
            outcome, _, content = entry.note.partition("/")
            self._receipts[entry.record] = (outcome, content)
            return
        if entry.operation != STATUS:
            return
        assert entry.version is not None
        code, _, content = entry.note.partition("/")
        self._newest[entry.record] = (entry.version, code, content)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        if answer.content_type != JSON:
            return replace(answer, body=answer.body * 2)
        match mode:
            case "extra_field":
                body = answer.body.replace(b'"size"', b'"extra": 1, "size"')
            case "invalid":
                body = answer.body.replace(b'"size"', b'"length"')
            case _:
                body = answer.body * 2
        return replace(answer, body=body)


def _shown(request: Request) -> Answer:
    """The list of what is laid out, or one package of it."""
    package = _PACKAGE.fullmatch(request.path)
    if package and package[1] in request.laid_out:
        return Answer(200, request.laid_out[package[1]], "application/zip")
    if request.path != "/applications":
        raise Refusal(404)
    laid_out = [(key, request.laid_out[key]) for key in request.laid_out]
    listed = [
        {
            "receptionNumber": key.removesuffix(".zip"),
            "receivedAt": RECEIVED_AT,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for key, content in laid_out
    ]
    return Answer(200, json.dumps(listed).encode(), JSON)


def _sound(status: dict[str, Any]) -> bool:
    """Whether the day exists, the version counts, and the name is that of the code."""
    try:
        datetime.fromisoformat(status["changedAt"])
    except ValueError:
        return False
    version = status["statusVersion"]
    named = NAMES[status["applicationStatusCode"]] == status["applicationStatusName"]
    return named and not isinstance(version, bool) and version >= 1


_DESKS: dict[str, tuple[str, Callable[[MynaPortal, Request, str], Answer]]] = {
    "/applicationReceipts": (RECEIPT, MynaPortal._receipt),
    "/applicationStatuses": (STATUS, MynaPortal._show_status),
    "/pseudonymResults": (PSEUDONYM, MynaPortal._note_pseudonym),
    "/entitlements": (SHOWN, MynaPortal._show),
    "/viewsDenied": (DENIED, MynaPortal._deny),
}


def create() -> MynaPortal:
    """The partner without a past; the ledger brings it back."""
    return MynaPortal()
