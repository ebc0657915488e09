"""R67: in whatever order the answers come, each child of a list has one outcome, and PMH what follows from it."""

import re
from collections.abc import Mapping
from itertools import count, permutations
from pathlib import Path

import pytest

from connectors.http.xml import texts
from connectors.welfare import said
from connectors.welfare.connector import OPERATIONS
from hub.errors import Refused
from hub.ports.connector import Reply
from hub.sandbox import partner_protection, partner_renewal
from hub.sandbox.partner_renewal import CERTIFICATE, NOTICE, OUTCOMES, REJECTION
from tests.unit.connectors.books import Books, document

SCHEMAS = Path(__file__).parents[4] / "schemas"
LIST = (SCHEMAS / "welfare.renewal_list/v1/valid/three.xml").read_bytes()  # two of one applicant, one of another
RECORD = (SCHEMAS / "welfare.eligibility/v1/valid/child.xml").read_bytes()
CHILDREN = {"RN2026000001": "000000000000103", "RN2026000002": "000000000000104", "RN2026000003": "000000000000113"}
FIRST, SECOND, THIRD = CHILDREN
KNOWN = "<status>known</status><income_class>non_taxable</income_class><levy><total_income>1</total_income><income_levy>0</income_levy><per_capita_levy>0</per_capita_levy><dependants>0</dependants></levy>"  # noqa: E501
UNKNOWN = "<status>unknown</status><next_step>unknown_income_notice</next_step>"
ELSEWHERE = "<status>unknown</status><next_step>network_inquiry</next_step>"
ERROR = "<status>data_error</status><next_step>ask_tax_office</next_step>"
_keys = count()


class Welfare(Books):
    """The welfare system with a list of three children, each with a certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__("welfare", folder)
        self.lay_out(*partner_renewal.booked("RL20260001", LIST))
        for number, child in enumerate(CHILDREN.values()):
            record = RECORD.replace(b"000000000000103", child.encode())
            if number == 2:
                record = record.replace(b"000000000000101", b"000000000000111")
            self.lay_out(*partner_protection.booked(record.replace(b">1001<", f">{1001 + 10 * number}<".encode())))

    def hears(self, operation: str, body: bytes) -> list[Reply]:
        """The documents it says, as the connector reads them."""
        path = OPERATIONS[operation].path
        answer = self.post(path, body, f"key {next(_keys)}")
        assert answer.status in (200, 204)
        return list(OPERATIONS[operation].replies(body, answer.body))

    def assistance(self, inquiry: str, sample: str = "not-receiving.xml") -> list[Reply]:
        return self.hears(
            "welfare.assistance_answer", about(inquiry, document("welfare", "welfare.assistance_answer", sample))
        )

    def insurance(self, inquiry: str, sample: str = "company.xml") -> list[Reply]:
        return self.hears(
            "welfare.insurance_answer", about(inquiry, document("welfare", "welfare.insurance_answer", sample))
        )

    def incomes(self, told: Mapping[str, str]) -> list[Reply]:
        body = (
            document("welfare", "welfare.income_list_answer", "three.xml").decode().replace("ZI00000001", "RL20260001")
        )
        answers = "".join(
            f"<answer><addressee_number>{who}</addressee_number>{text}</answer>" for who, text in told.items()
        )
        body = re.sub(r"<answer>.*</answer>", answers, body, flags=re.DOTALL)
        body = re.sub(r"<answer_count>\d+<", f"<answer_count>{len(told)}<", body)
        return self.hears("welfare.income_list_answer", body.encode())

    def outcomes(self) -> list[tuple[str, str]]:
        """(outcome, record), sorted."""
        return sorted((each.operation, each.record) for each in self.effects() if each.operation in OUTCOMES)


def about(inquiry: str, body: bytes) -> bytes:
    body = re.sub(rb"<inquiry_number>\w+<", f"<inquiry_number>{inquiry}<".encode(), body)
    return re.sub(rb"<addressee_number>\d+<", f"<addressee_number>{CHILDREN[inquiry]}<".encode(), body)


@pytest.fixture
def welfare(tmp_path: Path) -> Welfare:
    return Welfare(tmp_path)


PARENTS = {"000000000000101": KNOWN, "000000000000111": KNOWN}


@pytest.mark.rule("R67")
def test_r67_the_same_answers_in_any_order_have_the_same_outcomes(tmp_path: Path) -> None:
    found = set()
    for number, order in enumerate(permutations(("assistance", "insurance", "incomes"))):
        welfare, said_ = Welfare(tmp_path / str(number)), []
        for step in order:
            if step == "incomes":
                said_ += welfare.incomes(PARENTS | {"000000000000111": UNKNOWN})
            else:
                for inquiry in reversed(CHILDREN):
                    said_ += getattr(welfare, step)(inquiry)
            welfare.restart()
        records = sorted((texts(each.document)["addressee_number"], each.document) for each in said_)
        found.add((tuple(welfare.outcomes()), tuple(records)))
    ((outcomes, records),) = found
    assert [outcome for outcome, _ in outcomes] == [NOTICE, CERTIFICATE, CERTIFICATE]
    assert [child for child, _ in records] == [CHILDREN[FIRST], CHILDREN[SECOND]]
    assert len({record for _, record in outcomes}) == 3


@pytest.mark.rule("R67")
@pytest.mark.parametrize(
    ("assistance", "insurance", "income", "outcome"),
    [
        ("not-receiving.xml", "national.xml", KNOWN, CERTIFICATE),
        ("receiving.xml", "company.xml", KNOWN, REJECTION),
        ("receiving.xml", "company.xml", UNKNOWN, REJECTION),
        ("not-receiving.xml", "none.xml", UNKNOWN, REJECTION),
        ("not-receiving.xml", "company.xml", UNKNOWN, NOTICE),
        ("not-receiving.xml", "company.xml", ERROR, NOTICE),
    ],
)
def test_r67_one_outcome_and_what_follows_at_pmh(
    welfare: Welfare, assistance: str, insurance: str, income: str, outcome: str
) -> None:
    assert welfare.assistance(FIRST, assistance) == welfare.insurance(FIRST, insurance) == []
    documents = welfare.incomes(PARENTS | {"000000000000101": income})

    assert [each for each, _ in welfare.outcomes()] == [outcome]
    assert [
        (each.type, texts(each.document)["history_key"], texts(each.document)["deleted"]) for each in documents
    ] == {
        CERTIFICATE: [("welfare.eligibility", "1002", "false")],
        REJECTION: [("welfare.eligibility", "1002", "true")],
        NOTICE: [],
    }[outcome]
    if outcome == CERTIFICATE:
        renewed, before = texts(documents[0].document), texts(RECORD)
        assert (renewed["valid_from"], renewed["valid_to"]) == (before["valid_to"], "2028-08-30")


def test_who_lived_elsewhere_is_asked_about_there_first(welfare: Welfare) -> None:
    welfare.assistance(THIRD)
    welfare.insurance(THIRD)
    (inquiry,) = welfare.incomes(PARENTS | {"000000000000111": ELSEWHERE})
    asked = texts(inquiry.document)
    assert (inquiry.type, asked["addressee_number"]) == ("welfare.network_inquiry", "000000000000111")
    assert welfare.outcomes() == []

    welfare.restart()
    answer = document("welfare", "welfare.network_answer", "normal.xml").replace(b"000000000000101", b"000000000000111")
    (renewed,) = welfare.hears(
        "welfare.network_answer", answer.replace(b"IQ20260901000001", asked["record_number"].encode())
    )
    assert texts(renewed.document)["addressee_number"] == CHILDREN[THIRD]
    assert [each for each, _ in welfare.outcomes()] == [CERTIFICATE]


def test_answers_that_belong_to_no_list_say_nothing(welfare: Welfare) -> None:
    answer = document("welfare", "welfare.assistance_answer", "receiving.xml")
    assert welfare.hears("welfare.assistance_answer", answer) == []
    assert welfare.outcomes() == []


def enveloped(*documents: bytes) -> bytes:
    return b'<documents xmlns="urn:renkei:documents:v1">' + b"".join(documents) + b"</documents>"


@pytest.mark.parametrize(
    "document_", [RECORD.replace(b"000000000000103", b"000000000000199").replace(b"0000101<", b"0000198<"), LIST]
)
def test_a_document_about_nobody_who_was_named_is_refused(document_: bytes) -> None:
    heard = about(FIRST, document("welfare", "welfare.assistance_answer", "receiving.xml"))
    with pytest.raises(Refused) as caught:
        OPERATIONS["welfare.assistance_answer"].replies(heard, enveloped(document_))
    assert caught.value.code == "reply.invalid"
    assert "0000" not in str(caught.value)
    assert OPERATIONS["welfare.assistance_answer"].replies(heard, enveloped(RECORD))[0].type == said.RECORD
