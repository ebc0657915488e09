"""F9 through the intake stages, under the shipped configuration: who may ask for what, and what an answer means."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hub import pipeline
from hub.exchange import Exchange
from hub.pipeline import Failed
from hub.sandbox import letters
from hub.sandbox.city import City
from tests.unit.connectors.routed import REGISTRY

DAY, AT = date(2026, 1, 1), datetime(2026, 9, 1, 9, tzinfo=UTC)
INQUIRY = letters.income_inquiry("ZS00000001", "000000000000101", DAY, AT)
LIST = letters.income_list("ZI00000001", City(1, 20).residents[:3], DAY, AT)
ANSWER = (
    b'<answer xmlns="urn:renkei:tax.income_answer:v1"><inquiry_number>ZS00000001</inquiry_number>'
    b"<addressee_number>000000000000101</addressee_number><fiscal_year>2026</fiscal_year>"
    b"<reference_date>2026-01-01</reference_date>%s<answered_at>2026-09-01T09:00:01Z</answered_at></answer>"
)
LEVY = (
    b"<levy><total_income>2000000</total_income><income_levy>%d</income_levy>"
    b"<per_capita_levy>%d</per_capita_levy><dependants>1</dependants></levy>"
)
KINDS = {
    "welfare.income_inquiry": (INQUIRY, "child-medical.examination", "delivery.tax"),
    "welfare.income_list": (LIST, "child-medical.renewal", "delivery.tax_lists"),
}


@pytest.fixture
def taken_in(at_door, services):
    """What becomes of a message at the door of `sender`."""

    def take(kind: str, body: bytes, purpose: str | None, sender: str = "welfare") -> Exchange | Failed:
        exchange = at_door(body, type=kind, headers={"purpose": purpose} if purpose else {})
        moved = Exchange(f"intake.{sender}", sender, exchange.delivery, 0, trusted=False)
        return pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), moved, services(REGISTRY, size=1 << 20))

    return take


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_goes_to_the_tax_system_by_the_wire_of_its_kind(taken_in, kind: str) -> None:
    body, purpose, queue = KINDS[kind]
    assert [output.queue for output in taken_in(kind, body, purpose).outputs] == [queue]


@pytest.mark.rule("R69")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("purpose", [None, "statistics", "child-medical.issue", "the other kind's"])
def test_r69_a_question_for_any_other_purpose_is_refused(taken_in, kind: str, purpose: str | None) -> None:
    body, own, _queue = KINDS[kind]
    if purpose == "the other kind's":
        (purpose,) = {one for _body, one, _to in KINDS.values()} - {own}
    failed = taken_in(kind, body, purpose)
    assert (failed.stage, failed.error.code) == ("authorise", "authorise.purpose")


@pytest.mark.rule("R53")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sender", ["resident_registry", "tax", "application_management"])
def test_r53_nobody_but_the_welfare_system_asks(taken_in, kind: str, sender: str) -> None:
    body, purpose, _queue = KINDS[kind]
    assert taken_in(kind, body, purpose, sender).error.code == "authorise.grant"


@pytest.mark.rule("R69")
def test_r69_an_answer_for_another_purpose_than_it_was_asked_for_is_refused(taken_in) -> None:
    body = ANSWER % (LEVY % (0, 0))
    failed = taken_in("tax.income_answer", body, "child-medical.renewal", "tax")
    assert failed.error.code == "authorise.purpose"


@pytest.mark.rule("R9", "R10")
@pytest.mark.parametrize(
    "other",
    [
        b"<name>x</name>",
        b"<individual_number>621498320257</individual_number>",
        b"<addressee_number>0001%</addressee_number>",
    ],
)
def test_r9_r10_one_person_is_asked_about_by_a_whole_addressee_number_and_by_nothing_else(
    taken_in, other: bytes
) -> None:
    """R9, R10: no name, no 個人番号, no prefix, and not two at once."""
    own = b"<addressee_number>000000000000101</addressee_number>"
    assert own in INQUIRY
    for body in (INQUIRY.replace(own, other), INQUIRY.replace(own, own + other), INQUIRY.replace(own, own * 2)):
        failed = taken_in("welfare.income_inquiry", body, "child-medical.examination")
        assert (failed.stage, failed.error.code) == ("validate", "validate.schema")


@pytest.mark.rule("R31")
@pytest.mark.parametrize("basis", [b"", b"<legal_basis>article-19-8</legal_basis>"])
@pytest.mark.parametrize("kind", KINDS)
def test_r31_without_a_basis_nobody_is_asked(taken_in, kind: str, basis: bytes) -> None:
    body, purpose, _queue = KINDS[kind]
    there = b"<legal_basis>ordinance-9-2</legal_basis>"
    assert there in body
    assert taken_in(kind, body.replace(there, basis), purpose).error.code == "validate.schema"


@pytest.mark.parametrize(
    ("told", "means"),
    [
        (LEVY % (0, 0), [b"<status>known", b"<income_class>non_taxable"]),
        (LEVY % (0, 5000), [b"<status>known", b"<income_class>per_capita_only"]),
        (LEVY % (98200, 5000), [b"<status>known", b"<income_class>taxable"]),
        (LEVY % (98200, 0), [b"<status>data_error", b"<next_step>ask_tax_office"]),
        (b"<unknown>elsewhere</unknown>", [b"<status>unknown", b"<next_step>network_inquiry"]),
        (b"<unknown>abroad</unknown>", [b"<status>unknown", b"<next_step>statement"]),
        (b"<unknown>no_record</unknown>", [b"<status>unknown", b"<next_step>unknown_income_notice"]),
    ],
)
def test_what_an_answer_means(taken_in, told: bytes, means: list[bytes]) -> None:
    (output,) = taken_in("tax.income_answer", ANSWER % told, "child-medical.examination", "tax").outputs
    assert output.queue == "delivery.welfare"
    assert all(each in output.message.body for each in means)
    # an error of the data decides nothing: no class, no amounts
    known = means[0] == b"<status>known"
    assert (b"<levy>" in output.message.body, b"<income_class>" in output.message.body) == (known, known)
