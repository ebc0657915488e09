"""The simulated online eligibility verification (オンライン資格確認等システム): which link number has which PMHキー.

And its terminal in a medical institution, where a patient authenticates and consents, or does not (S:430).
"""

import secrets
import time

from hub.sandbox import partner_json
from hub.sandbox.link_keys import LinkKey, seal
from hub.sandbox.partner import JSON, Answer, Entry, Refusal, Request, names_individual_number, record_digest

LINK, ISSUE = "eligibility_verification.key_link", "eligibility_verification.link_key"
GOOD_FOR = 600  # seconds
LINKED = {"pmhKey": "K[0-9A-Z]{15}", "linkNumber": "L[0-9A-Z]{15}"}


class EligibilityVerification:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # digest of 紐付番号 → PMHキー

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/key-links":
                return self._link(request)
            case "POST", "/terminal":
                return self._issue(request)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == LINK:
            self._keys[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_json.spoil(mode, answer)

    def _link(self, request: Request) -> Answer:
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, LINK, "個人番号 may not reach オンライン資格確認等システム (R3)")
        linked = partner_json.read(request.body, LINK)
        if isinstance(linked, dict) and linked.keys() - LINKED.keys():
            raise Refusal(422, LINK, "more than PMHキー and 紐付番号 arrived (table 1.0)")
        if not partner_json.fits(linked, LINKED, {}, frozenset()):
            raise Refusal(422, LINK)
        key, number = linked["pmhKey"], linked["linkNumber"]
        known = self._keys.get(record_digest(number))
        if (known or key) != key:
            raise Refusal(409, LINK)  # a link number keeps its key
        receipt = partner_json.write({"linkNumber": number})
        return Answer(200, receipt, JSON, LINK, effect=known is None, record=number, note=key)

    def _issue(self, request: Request) -> Answer:
        """A PMH連携キー; without consent, or without a PMHキー, one that nobody can tell from the others."""
        asked = partner_json.read(request.body, ISSUE)
        if not partner_json.fits(asked, {"linkNumber": LINKED["linkNumber"]}, {"consent": bool}, frozenset()):
            raise Refusal(422, ISSUE)
        key = self._keys.get(record_digest(asked["linkNumber"]), "") if asked["consent"] else ""
        content = LinkKey(key, secrets.token_hex(8), int(time.time()) + GOOD_FOR)
        issued = partner_json.write({"linkKey": seal(content, secrets.token_bytes(32))})
        return Answer(200, issued, JSON, ISSUE, record=content.serial)


def create() -> EligibilityVerification:
    """The partner without a past; the ledger brings it back."""
    return EligibilityVerification()
