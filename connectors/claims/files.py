"""The files of the claims import (F23): the claims of a month, and what became of them. CSV, cp932, CRLF.

    claims   H batch number, month                             result   H batch number, month, claims
             D レセプト番号, 診療年月, 受給者番号, 氏名,                    D レセプト番号, 診療年月, reason
               生年月日, 診療科, 診療実日数, 保険者番号,                    T taken, known before, unmatched
               決定金額, 自己負担額, 患者窓口負担額, 現物給付額
             T claims, 決定金額 total

One file becomes one message, not one per claim: what the totals vouch for stays together, all of it goes on or nothing,
and the same file again is one known id. A claim that is known or unmatched is the welfare system's finding, since it
alone knows who is who; the error list comes from there. Reason: 1, nobody has this 受給者番号.
"""

from xml.etree import ElementTree

from connectors.file_drop import read_records, write_records
from connectors.file_drop.xml import document, fields, iso_date, iso_month, parts, records

BATCH = "claims.batch"
CLAIM = (
    "claim_number", "treatment_month", "recipient_number", "name", "birth_date", "department", "treatment_days",
    "health_insurer_number", "decided_amount", "copayment", "window_payment", "in_kind_benefit",
)  # fmt: skip
REASONS = {"unknown_recipient": "1"}
_DATES = {"treatment_month": iso_month, "birth_date": iso_date}


def claimed(content: bytes) -> bytes:
    """The `claims.batch` of a file; whether its totals are right is checked with the contract.

    Raises Refused `validate.encoding` where the file is not laid out as agreed.
    """
    (number, month), details, (count, total) = parts(read_records(content), 2, len(CLAIM), 2)
    claims = [[(name, _DATES.get(name, str)(text)) for name, text in zip(CLAIM, line, strict=True)] for line in details]
    return document(
        BATCH,
        "batch",
        [
            ("batch_number", number),
            ("billing_month", iso_month(month)),
            *(("claim", claim) for claim in claims),
            ("claim_count", count),
            ("decided_total", total),
        ],
    )


def told(content: bytes) -> bytes:
    """The file of a valid `claims.result`."""
    root = ElementTree.fromstring(content)  # noqa: S314 - written by the hub
    head = {name: text.strip() for name, text in fields(root).items()}
    unmatched = list(records(root, "unmatched"))
    header = [("batch_number", head["batch_number"]), ("billing_month", head["billing_month"].replace("-", ""))]
    details = [
        [
            ("mark", "D"),
            ("claim_number", one["claim_number"].strip()),
            ("treatment_month", one["treatment_month"].strip().replace("-", "")),
            ("reason", REASONS[one["reason"].strip()]),
        ]
        for one in unmatched
    ]
    trailer = [("accepted", head["accepted"]), ("duplicate", head["duplicate"]), ("unmatched", str(len(unmatched)))]
    return write_records(
        [[("mark", "H"), *header, ("claim_count", head["claim_count"])], *details, [("mark", "T"), *trailer]]
    )
