"""How the simulated welfare system imports claims (F23): each once, and none without a recipient."""

import json
from datetime import datetime, timedelta, timezone
from xml.etree.ElementTree import Element

from hub.sandbox import numbers, partner_xml
from hub.sandbox.claims import issued
from hub.sandbox.partner import Answer, Entry, Refusal, record_digest
from hub.sandbox.partner_xml import Content, Item, value

BATCH, RESULT = "welfare.claim_batch", "welfare.claim_result"
MONTH, COUNT, AMOUNT = "20[0-9]{2}-(0[1-9]|1[0-2])", "[0-9]{1,6}", "[0-9]{1,10}"
CLAIM = (
    Item("claim_number", "[0-9]{9}"),
    Item("treatment_month", MONTH),
    Item("recipient_number", "[0-9]{7}"),
    partner_xml.NAME,
    Item("birth_date", partner_xml.DATE),
    Item("department", "[0-9]{2}"),
    Item("treatment_days", "[0-9]{1,2}"),
    Item("health_insurer_number", "[0-9]{6}|[0-9]{8}"),
    Item("decided_amount", AMOUNT),
    Item("copayment", AMOUNT),
    Item("window_payment", AMOUNT),
    Item("in_kind_benefit", AMOUNT),
)
CONTENT = (
    Item("batch_number", "[A-Z]{2}[0-9]{8,10}"),
    Item("billing_month", MONTH),
    Item("claim", inside=CLAIM, most=5000),
    Item("claim_count", COUNT),
    Item("decided_total", "[0-9]{1,11}"),
)
_JST = timezone(timedelta(hours=9))


class Claims:
    """Knows a claim by 診療年月, 受給者番号 and レセプト番号. `handle` decides, `remember` takes in."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def handle(self, body: bytes) -> Answer:
        document = partner_xml.read(body, BATCH, "batch", CONTENT)
        claims = [_fields(each) for each in document if each.tag.endswith("}claim")]
        total = sum(int(claim["decided_amount"]) for claim in claims)
        if (len(claims), total) != (
            int(value(document, BATCH, "claim_count")),
            int(value(document, BATCH, "decided_total")),
        ):
            raise Refusal(422, BATCH)
        if any(
            numbers.with_luhn(claim["health_insurer_number"][:-1]) != claim["health_insurer_number"] for claim in claims
        ):
            raise Refusal(422, BATCH)
        new: list[str] = []
        unmatched: list[Content] = []
        for claim in claims:
            key = record_digest(
                "/".join(claim[name] for name in ("treatment_month", "recipient_number", "claim_number"))
            )
            if not issued(claim["recipient_number"]):
                named = [(name, claim[name]) for name in ("claim_number", "treatment_month")]
                unmatched.append(("unmatched", [*named, ("reason", "unknown_recipient")]))
            elif key not in self._known and key not in new:
                new.append(key)
        number = value(document, BATCH, "batch_number")
        answer = partner_xml.write(
            RESULT,
            "result",
            ("batch_number", number),
            ("billing_month", value(document, BATCH, "billing_month")),
            ("claim_count", str(len(claims))),
            ("accepted", str(len(new))),
            ("duplicate", str(len(claims) - len(new) - len(unmatched))),
            *unmatched,
            ("imported_at", datetime.now(_JST).isoformat(timespec="seconds")),
        )
        return Answer(200, answer, operation=BATCH, record=number, note=json.dumps(new))

    def remember(self, entry: Entry) -> None:
        self._known.update(json.loads(entry.note))


def _fields(claim: Element) -> dict[str, str]:
    return {child.tag.partition("}")[2]: (child.text or "").strip() for child in claim}
