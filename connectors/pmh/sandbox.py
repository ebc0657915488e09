"""The simulated Public Medical Hub: registrations with their history, and which number has which PMHキー.

A registration lies in the area of the municipality whose credential brought it (R34); numbers and keys are common to
all. What may be told of them: `hub.sandbox.partner_entitlements`.
"""

import re
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from hub.sandbox import partner_entitlements, partner_json, partner_keys, partner_pseudonyms
from hub.sandbox.credentials import MUNICIPALITIES, credential
from hub.sandbox.link_keys import LinkKey, opened
from hub.sandbox.partner import JSON, Answer, Entry, Refusal, Request, individual_number, record_digest

REGISTRATION, BINDING, INQUIRY = "pmh.registration", "pmh.key_binding", "pmh.entitlement_inquiry"
PSEUDONYM, VIEW = "pmh.pseudonym_binding", "pmh.entitlement_view"
_DATE, _NUMBER = r"\d{4}-\d\d-\d\d", "[0-9]{12}"
TEXTS = {
    "orgSpecificCertificateTypeId": "[0-9A-Za-z]{1,50}",
    "myNumber": _NUMBER,
    "medicalSubsidyInsurerNumber": "[0-9]{8}",
    "certificationName": ".{1,100}",
    "medicalSubsidyRecipientNumber": "[0-9A-Za-z]{1,30}",
    "isAlwaysReimbursement": "[01]",
    "validFrom": _DATE,
    "validTo": _DATE,
    "revokedOn": _DATE,
    "historyKey": "[1-9][0-9]{0,17}",
}
OTHERS: dict[str, type] = {
    "basicFiveInfo": dict,
    "isNotDisclosed": bool,
    "isDeleted": bool,
    "isViewStopped": bool,
    "certificationDetail": list,
}
OPTIONAL = frozenset({"medicalSubsidyInsurerNumber", "medicalSubsidyRecipientNumber", "revokedOn", "isViewStopped"})
FIVE = {"name": ".{1,100}", "nameKana": ".{1,100}", "address": ".{1,300}", "dateOfBirth": _DATE, "sex": "[12]"}
DETAIL = {"item": ".{1,50}", "value": ".{1,200}"}
BOUND = {"pmhKey": "K[0-9A-Z]{15}", "myNumber": _NUMBER}
ASKED = {
    "institutionCode": "[0-9]{10}",
    "fileIdentifier": "[0-9A-Za-z]{1,10}",
    "confirmedOn": _DATE,
    "linkKey": "[0-9A-Za-z_-]{100,400}",
}
NAMED = {"pseudonym": "[A-Za-z]{32}", "linkKey": "[0-9A-Za-z_-]{100,400}"}
VIEWED = {"viewNumber": "[0-9A-Za-z]{1,10}", "pseudonym": "[A-Za-z]{32}", "viewedOn": _DATE}
_AREAS = {credential(municipality): municipality for municipality in MUNICIPALITIES}
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
# 宛名番号 is fifteen digits with zeros to the left; no item of the interface can look like that.
_ADDRESSEE_NUMBER = re.compile(r"(?<!\d)0\d{14}(?!\d)", re.ASCII)


class PublicMedicalHub:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}  # digest of number and certificate type → history key
        self._keys: dict[str, str] = {}  # digest of number → PMHキー
        self._areas = partner_entitlements.Areas()
        self._used: set[str] = set()  # digests of PMH連携キー
        self._pseudonyms = partner_pseudonyms.Pseudonyms()

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/postRegistrationTasks":
                return self._register(request, _area(request))
            case "POST", "/key-bindings":
                return self._bind(request, _area(request))
            case "POST", "/entitlement-inquiries":
                return self._inquire(request, _area(request))
            case "POST", "/pseudonyms":
                return self._store(request, _area(request))
            case "POST", "/entitlement-views":
                return self._show(request, _area(request))
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == BINDING:
            self._keys[entry.record] = entry.note
        elif entry.operation == INQUIRY:
            self._used.add(entry.record)
        elif entry.operation == VIEW:
            pass  # looking changes nothing but the books
        elif entry.operation == PSEUDONYM:
            used, pseudonym, key = entry.note.split("/")
            self._used.add(used)
            if key:
                self._pseudonyms.put(pseudonym, key)
        else:
            assert entry.version is not None
            self._newest[entry.record] = entry.version
            self._areas.put(entry.note)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_json.spoil(mode, answer)

    def _register(self, request: Request, area: str) -> Answer:
        one = self._read_registration(request.body)
        number, kind, version = one["myNumber"], one["orgSpecificCertificateTypeId"], int(one["historyKey"])
        record, owner = f"{area}/{number}/{kind}", record_digest(number)
        error = self._error(one, self._newest.get(record_digest(record), 0))
        # an id per request that needs no counter; without digits, twelve of which may happen to be a 個人番号
        task = record_digest(request.key).translate(_LETTERS)
        result = {"taskId": f"task-{task}", "orgSpecificCertificateTypeId": kind, "historyKey": one["historyKey"]}
        if error is None:
            result["status"] = "accepted"
        else:
            result |= {"status": "rejected", "errorCode": error[0], "errorMessage": error[1]}
        # until a key is bound: an answer that asked for one may have been lost, and nobody else would notice
        keyed = owner in self._keys or partner_keys.key_of(number, request.laid_out) is not None
        asks = error is None and not one["isDeleted"] and not keyed
        wanted = [{"myNumber": number, "requestId": f"req-{task}"}] if asks else []
        return Answer(
            200,
            partner_json.write({"results": [result], "keyRequired": wanted}),
            JSON,
            REGISTRATION,
            effect=error is None,
            record=record,
            version=version,
            note=_entitlement(one, area, owner).note(),
        )

    def _read_registration(self, body: bytes) -> dict[str, Any]:
        if _ADDRESSEE_NUMBER.search(body.decode(errors="replace")):
            raise Refusal(422, REGISTRATION, "宛名番号 may not reach PMH (table 1.0)")
        # The interface takes an array; this partner keeps one record per line of its ledger and takes arrays of one.
        match partner_json.read(body, REGISTRATION):
            case [dict() as one] if (
                partner_json.fits(one, TEXTS, OTHERS, OPTIONAL)
                and partner_json.fits(one["basicFiveInfo"], FIVE, {}, frozenset())
                and all(partner_json.fits(each, DETAIL, {}, frozenset()) for each in one["certificationDetail"])
            ):
                return one
        raise Refusal(422, REGISTRATION)

    def _error(self, one: dict[str, Any], newest: int) -> tuple[str, str] | None:
        """Why the record is not taken, as 連携処理ステータス and エラー内容 (R46)."""
        if not individual_number(one["myNumber"]):
            return "E0102", "個人番号の検査用数字が一致しません"
        try:
            periods = [date.fromisoformat(one[name]) for name in ("validFrom", "validTo", "revokedOn") if name in one]
            date.fromisoformat(one["basicFiveInfo"]["dateOfBirth"])
        except ValueError:
            return "E0103", "存在しない日付です"
        if periods[0] > periods[1]:
            return "E0104", "有効期間の開始日が終了日より後です"
        if int(one["historyKey"]) <= newest:
            return "E0201", "より新しい履歴が登録されています"
        return None

    def _bind(self, request: Request, _area: str) -> Answer:
        bound = partner_json.read(request.body, BINDING)
        if isinstance(bound, dict) and bound.keys() - BOUND.keys():
            raise Refusal(422, BINDING, "more than PMHキー and 個人番号 arrived (R2)")
        if not partner_json.fits(bound, BOUND, {}, frozenset()) or not individual_number(bound["myNumber"]):
            raise Refusal(422, BINDING)
        key, number = bound["pmhKey"], bound["myNumber"]
        known = self._keys.get(record_digest(number), partner_keys.key_of(number, request.laid_out))
        if (known or key) != key or (known is None and key in self._keys.values()):
            raise Refusal(409, BINDING)  # a number keeps its key, and a key its number (R1)
        return Answer(operation=BINDING, effect=known is None, record=number, note=key)

    def _inquire(self, request: Request, area: str) -> Answer:
        """Answered the same way whatever is found: only the books know the reason (R37)."""
        asked = partner_json.read(request.body, INQUIRY)
        if not partner_json.fits(asked, ASKED, {}, frozenset()):
            raise Refusal(422, INQUIRY)
        key, record = _opened(asked["linkKey"])
        reason = self._fault(key, record)
        found: Sequence[partner_entitlements.Entitlement] = ()
        if key is not None and not reason:
            reason, found = self._areas.ask(area, self._owner(key.pmh_key), asked["confirmedOn"])
        answer = {"processedAt": time.strftime("%Y-%m-%dT%H:%M:%S"), "entitlements": _listed(found)}
        return Answer(200, partner_json.write(answer), JSON, INQUIRY, record=record, reason=reason)

    def _fault(self, key: LinkKey | None, record: str) -> str:
        """Why the PMH連携キー leads nowhere, "" where it does not (R37)."""
        if key is None:
            return partner_entitlements.UNREADABLE
        if record_digest(record) in self._used:
            return partner_entitlements.REPLAYED
        if key.until < time.time():
            return partner_entitlements.EXPIRED
        return "" if key.pmh_key else partner_entitlements.NO_CONSENT

    def _owner(self, pmh_key: str) -> str:
        return next((owner for owner, known in self._keys.items() if known == pmh_key), "")

    def _store(self, request: Request, _area: str) -> Answer:
        """A pseudonym at first use: refused without a reason, and with 409 where it would be a second one (R39)."""
        asked = partner_json.read(request.body, PSEUDONYM)
        if not partner_json.fits(asked, NAMED, {}, frozenset()):
            raise Refusal(422, PSEUDONYM)
        pseudonym = asked["pseudonym"]
        key, record = _opened(asked["linkKey"])
        reason = self._fault(key, record)
        pmh_key = "" if key is None or reason else key.pmh_key
        if pmh_key and not self._owner(pmh_key):
            pmh_key, reason = "", partner_entitlements.UNKNOWN
        if pmh_key:
            reason = self._pseudonyms.judge(record_digest(pseudonym), pmh_key)
        bound = reason == partner_pseudonyms.BOUND
        answer = {"pseudonym": pseudonym, "result": "stored" if pmh_key and not bound else "refused"}
        note = f"{record_digest(record)}/{record_digest(pseudonym)}/{pmh_key}"
        return Answer(
            409 if bound else 200,
            partner_json.write(answer),
            JSON,
            PSEUDONYM,
            effect=not bound,
            record=pseudonym,
            note=note,
            reason=reason,
        )

    def _show(self, request: Request, area: str) -> Answer:
        """What a person may see under a pseudonym; 不開示 looks like a pseudonym nobody knows (R40)."""
        asked = partner_json.read(request.body, VIEW)
        if not partner_json.fits(asked, VIEWED, {}, frozenset()):
            raise Refusal(422, VIEW)
        pmh_key = self._pseudonyms.key(record_digest(asked["pseudonym"]))
        owner = self._owner(pmh_key) if pmh_key else ""
        reason, found = self._areas.view(area, owner, asked["viewedOn"])
        plain = reason if reason in (partner_entitlements.FOUND, partner_entitlements.STOPPED) else "unknown"
        answer = {"result": plain, "entitlements": _listed(found)}
        return Answer(200, partner_json.write(answer), JSON, VIEW, record=asked["viewNumber"], reason=reason)


def _listed(found: Sequence[partner_entitlements.Entitlement]) -> list[dict[str, str]]:
    return [
        {
            "certificationName": one.name,
            "medicalSubsidyInsurerNumber": one.payer_number,
            "medicalSubsidyRecipientNumber": one.recipient_number,
            "isAlwaysReimbursement": one.reimbursed,
            "validFrom": one.valid_from,
            "validTo": one.valid_to,
        }
        for one in found
    ]


def _opened(text: str) -> tuple[LinkKey | None, str]:
    """What is in a PMH連携キー, and by which name its use is booked."""
    key = opened(text)
    return key, f"link {text}" if key is None else f"link {key.serial}"


def _area(request: Request) -> str:
    """The municipality that asks (R34). Raises Refusal 401."""
    area = _AREAS.get(request.credential)
    if area is None:
        raise Refusal(401)
    return area


def _entitlement(one: dict[str, Any], area: str, owner: str) -> partner_entitlements.Entitlement:
    return partner_entitlements.Entitlement(
        area=area,
        owner=owner,
        kind=one["orgSpecificCertificateTypeId"],
        name=one["certificationName"],
        payer_number=one.get("medicalSubsidyInsurerNumber", ""),
        recipient_number=one.get("medicalSubsidyRecipientNumber", ""),
        reimbursed=one["isAlwaysReimbursement"],
        valid_from=one["validFrom"],
        valid_to=one["validTo"],
        revoked_on=one.get("revokedOn", ""),
        not_disclosed=one["isNotDisclosed"],
        view_stopped=one.get("isViewStopped", False),
        deleted=one["isDeleted"],
    )


def create() -> PublicMedicalHub:
    """The partner without a past; the ledger brings it back."""
    return PublicMedicalHub()
