"""The simulated intermediate server of the insurers (医療保険者等向け中間サーバー): one PMHキー per 個人番号."""

from hub.sandbox import partner_json
from hub.sandbox.numbers import pmh_key
from hub.sandbox.partner import JSON, Answer, Entry, Refusal, Request, individual_number, record_digest

REQUEST = "insurer_intermediate_server.key_request"
CONTENT = {"myNumber": "[0-9]{12}", "requestId": "[0-9A-Za-z-]{1,40}"}


class InsurerIntermediateServer:
    """Implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # digest of 個人番号 → PMHキー

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/pmh-key-requests"):
            raise Refusal(404)
        asked = partner_json.read(request.body, REQUEST)
        if isinstance(asked, dict) and asked.keys() - CONTENT.keys():
            raise Refusal(422, REQUEST, "more than 個人番号 and the id of the request arrived (table 1.0)")
        if not partner_json.fits(asked, CONTENT, {}, frozenset()) or not individual_number(asked["myNumber"]):
            raise Refusal(422, REQUEST)
        number = asked["myNumber"]
        known = self._keys.get(record_digest(number))
        key = known or pmh_key(number)
        answer = partner_json.write({"pmhKey": key, "myNumber": number})
        return Answer(200, answer, JSON, REQUEST, effect=known is None, record=number, note=key)

    def remember(self, entry: Entry) -> None:
        self._keys[entry.record] = entry.note

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_json.spoil(mode, answer)


def create() -> InsurerIntermediateServer:
    """The partner without a past; the ledger brings it back."""
    return InsurerIntermediateServer()
