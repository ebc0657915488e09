"""The simulated resident registry (住民記録システム) as a receiver: processing numbers (処理通番) come in here."""

from hub.sandbox import partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number
from hub.sandbox.partner_xml import Item, value

NOTICE = "resident_registry.processing_number"
CONTENT = (Item("integrated_number", "[0-9]{15}"), Item("processing_number", "[0-9A-Z]{10,20}"))


class ResidentRegistry:
    """Implements `hub.sandbox.partner.Behaviour`. Keeps nothing but the ledger."""

    keyed = True

    def handle(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/processing-numbers"):
            raise Refusal(404)
        if names_individual_number(request.body.decode(errors="replace")):
            raise Refusal(422, NOTICE, "個人番号 is no part of a notice that comes from the intermediate server (R3)")
        notice = partner_xml.read(request.body, NOTICE, "processing", CONTENT)
        return Answer(operation=NOTICE, record=value(notice, NOTICE, "integrated_number"))

    def remember(self, entry: Entry) -> None:
        """Nothing: no answer depends on what came before."""

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer  # it never says anything


def create() -> ResidentRegistry:
    """The partner without a past; the ledger brings it back."""
    return ResidentRegistry()
