"""The simulated portal (サービス検索・電子申請機能): shows applicants what became of their applications."""

import re
from datetime import datetime
from typing import Any

from hub.sandbox import partner_json
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number, record_digest

STATUS = "myna_portal.application_status"
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
# 宛名番号: fifteen digits with zeros to the left. 受付番号 has sixteen.
_ADDRESSEE_NUMBER = re.compile(r"(?<!\d)0\d{14}(?!\d)", re.ASCII)


class MynaPortal:
    """Implements `hub.sandbox.partner.Behaviour`. The status of an application only goes forward (R20)."""

    keyed = True

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, str, str]] = {}  # digest of 受付番号 → version, code, digest of the content

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/applicationStatuses"):
            raise Refusal(404)
        text = request.body.decode(errors="replace")
        if names_individual_number(text):
            raise Refusal(422, STATUS, "個人番号 may not reach the portal (R3)")
        if _ADDRESSEE_NUMBER.search(text):
            raise Refusal(422, STATUS, "宛名番号 may not reach the portal (table 1.0)")
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

    def remember(self, entry: Entry) -> None:
        assert entry.version is not None
        code, _, content = entry.note.partition("/")
        self._newest[entry.record] = (entry.version, code, content)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer  # it never says anything


def _sound(status: dict[str, Any]) -> bool:
    """Whether the day exists, the version counts, and the name is that of the code."""
    try:
        datetime.fromisoformat(status["changedAt"])
    except ValueError:
        return False
    version = status["statusVersion"]
    named = NAMES[status["applicationStatusCode"]] == status["applicationStatusName"]
    return named and not isinstance(version, bool) and version >= 1


def create() -> MynaPortal:
    """The partner without a past; the ledger brings it back."""
    return MynaPortal()
