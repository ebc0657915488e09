"""The simulated online eligibility verification (オンライン資格確認等システム): which link number has which PMHキー."""

from hub.sandbox import partner_json
from hub.sandbox.partner import JSON, Answer, Entry, Refusal, Request, names_individual_number, record_digest

LINK = "eligibility_verification.key_link"
LINKED = {"pmhKey": "K[0-9A-Z]{15}", "linkNumber": "L[0-9A-Z]{15}"}


class EligibilityVerification:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # digest of 紐付番号 → PMHキー

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/key-links"):
            raise Refusal(404)
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

    def remember(self, entry: Entry) -> None:
        self._keys[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_json.spoil(mode, answer)


def create() -> EligibilityVerification:
    """The partner without a past; the ledger brings it back."""
    return EligibilityVerification()
