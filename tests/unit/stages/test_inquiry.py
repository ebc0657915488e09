"""F11 through the intake stages, under the shipped configuration: who may ask what, for what, on which basis."""

from __future__ import annotations

import pytest

from hub import pipeline
from hub.exchange import Exchange
from hub.pipeline import Failed
from tests.unit.connectors.routed import REGISTRY

PURPOSE = {"purpose": "child-medical.examination"}
BASIS = b"<legal_basis>ordinance-9-2</legal_basis>"
OFFICES = [("assistance", "public_assistance"), ("insurance", "health_insurance")]


def inquiry(name: str) -> bytes:
    return (
        (
            f'<!-- synthetic --><inquiry xmlns="urn:renkei:welfare.{name}_inquiry:v1">'
            "<inquiry_number>SK00000001</inquiry_number>"
            "<addressee_number>000000000000101</addressee_number><reference_date>2026-09-01</reference_date>"
        ).encode()
        + BASIS
        + b"<asked_at>2026-09-01T10:15:02+09:00</asked_at></inquiry>"
    )


@pytest.fixture
def taken_in(at_door, services):
    """What becomes of an inquiry at the door."""

    def take(name: str, body: bytes, headers=PURPOSE, sender: str = "welfare") -> Exchange | Failed:
        exchange = at_door(body, type=f"welfare.{name}_inquiry", headers=headers)
        moved = Exchange(f"intake.{sender}", sender, exchange.delivery, 0, trusted=False)
        return pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), moved, services(REGISTRY))

    return take


@pytest.mark.parametrize(("name", "office"), OFFICES)
def test_an_inquiry_goes_to_its_own_office_and_nowhere_else(taken_in, name: str, office: str) -> None:
    outputs = taken_in(name, inquiry(name)).outputs

    assert [(output.queue, output.message.type) for output in outputs] == [(f"delivery.{office}", f"{name}.inquiry")]


@pytest.mark.rule("R31")
@pytest.mark.parametrize("basis", [b"", b"<legal_basis>article-19-8</legal_basis>", b"<legal_basis></legal_basis>"])
@pytest.mark.parametrize(("name", "office"), OFFICES)
def test_r31_without_a_basis_that_allows_it_nothing_is_asked(taken_in, name: str, office: str, basis: bytes) -> None:
    failed = taken_in(name, inquiry(name).replace(BASIS, basis))

    assert (failed.stage, failed.error.code) == ("validate", "validate.schema")


@pytest.mark.rule("R69")
@pytest.mark.parametrize("headers", [{}, {"purpose": "statistics"}, {"purpose": "child-medical.issue"}])
@pytest.mark.parametrize(("name", "office"), OFFICES)
def test_r69_an_unknown_purpose_is_refused(taken_in, name: str, office: str, headers: dict[str, str]) -> None:
    failed = taken_in(name, inquiry(name), headers)

    assert (failed.stage, failed.error.code) == ("authorise", "authorise.purpose")


@pytest.mark.rule("R53")
@pytest.mark.parametrize("sender", ["resident_registry", "public_assistance", "health_insurance", "pmh"])
def test_r53_nobody_but_the_welfare_system_may_ask(taken_in, sender: str) -> None:
    failed = taken_in("assistance", inquiry("assistance"), sender=sender)

    assert failed.error.code == "authorise.grant"


@pytest.mark.rule("R53")
def test_r53_an_office_answers_for_itself_alone(at_door, services) -> None:
    # Given the answer of the public assistance office, as if the health insurance office gave it
    body = (
        b'<!-- synthetic --><answer xmlns="urn:renkei:public_assistance.answer:v1">'
        b"<inquiry_number>SK00000001</inquiry_number><addressee_number>000000000000101</addressee_number>"
        b"<reference_date>2026-09-01</reference_date><receiving>0</receiving>"
        b"<answered_at>2026-09-01T10:15:03+09:00</answered_at></answer>"
    )
    delivery = at_door(body, type="public_assistance.answer", headers=PURPOSE).delivery
    fates = {}
    for office in ("public_assistance", "health_insurance"):
        exchange = Exchange(f"intake.{office}", office, delivery, 0, trusted=False)
        fates[office] = pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), exchange, services(REGISTRY))

    assert [output.queue for output in fates["public_assistance"].outputs] == ["delivery.welfare"]
    assert fates["health_insurance"].error.code == "authorise.grant"
