"""The simulated claims review and payment fund (支払基金): it lays out claims, and hears what became of them."""

import csv
import io

from hub.sandbox.partner import Answer, Entry, Refusal, Request

WIRES = ("files",)
RESULT = "claims.result"


class Claims:
    """Implements `hub.sandbox.partner.Behaviour`. Keeps nothing but ledger and tray."""

    keyed = True

    def handle(self, request: Request) -> Answer:
        if request.path != "/files":
            raise Refusal(404)
        try:
            text = request.body.decode("ascii")
            (mark, number, month, count), *errors, (end, *counts) = csv.reader(io.StringIO(text, newline=""))
            taken, before, unmatched = map(int, counts)
        except ValueError:
            raise Refusal(422, RESULT) from None
        if any(len(line) != 4 or len(line[1]) != 9 for line in errors):
            raise Refusal(422, RESULT, "an error names a claim by its number and month, and nobody (F23)")
        right = (mark, end) == ("H", "T") and len(month) == 6 and all(line[0] == "D" for line in errors)
        if not right or taken + before + unmatched != int(count) or unmatched != len(errors):
            raise Refusal(422, RESULT)
        return Answer(200, operation=RESULT, record=number)

    def remember(self, entry: Entry) -> None:
        """Nothing: no answer depends on what came before."""

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer  # its receipts are spoilt where they are written


def create() -> Claims:
    """The partner without a past; the ledger brings it back."""
    return Claims()
