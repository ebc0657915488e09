"""Rules of the domain text that contracts enforce, each by what breaks it."""

import re
from typing import get_args

import pytest

from hub.documents import parse
from hub.errors import Refused
from hub.identifiers import IdentifierKind
from hub.lint.samples import samples
from tests.unit.connectors.routed import REGISTRY

REGISTRATION = REGISTRY.contract("pmh.registration", 1)
CHILD = (REGISTRATION.folder / "valid/child.xml").read_text(encoding="utf-8")


@pytest.mark.rule("R45")
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("myNumber", "62149832025", "validate.schema"),
        ("myNumber", "６２１４９８３２０２５７", "validate.schema"),
        ("myNumber", "621498320256", "validate.check_digit"),
        ("orgSpecificCertificateTypeId", "K" * 51, "validate.schema"),
        ("orgSpecificCertificateTypeId", "川崎01", "validate.schema"),
        ("medicalSubsidyInsurerNumber", "8314130", "validate.schema"),
        ("medicalSubsidyInsurerNumber", "83141308", "validate.check_digit"),
        ("medicalSubsidyRecipientNumber", "1" * 31, "validate.schema"),
        ("certificationName", "", "validate.schema"),
        ("isAlwaysReimbursement", "2", "validate.schema"),
        ("dateOfBirth", "2019-02-30", "validate.schema"),
        ("validFrom", "2027-09-01", "validate.rule"),
    ],
)
def test_r45_what_pmh_would_not_take_does_not_leave(field: str, value: str, code: str) -> None:
    changed, count = re.subn(rf"<{field}>[^<]*<", f"<{field}>{value}<", CHILD)
    assert count == 1
    with pytest.raises(Refused) as caught:
        REGISTRATION.validate(parse(changed.encode(), 10_000))
    assert caught.value.code == code


# How a 情報提供用個人識別符号 could be called on a wire; whatever it is called, no contract has a field for it.
CODES = (
    "InformationProvisionPersonalIdentificationCode",
    "personal_identification_code",
    "linkage_code",
    "fugo",
    "符号",
)


@pytest.mark.rule("R4")
@pytest.mark.parametrize("type_", sorted(REGISTRY.types()))
def test_r4_no_message_has_room_for_the_code_of_the_network(type_: str) -> None:
    """It is used inside 情報連携 only: the hub neither takes it in nor passes it on, so it cannot store it."""
    assert not any(name in get_args(IdentifierKind) for name in CODES)
    for version in REGISTRY.versions(type_):
        contract = REGISTRY.contract(type_, version)
        sample = samples(contract, "valid")[0].read_bytes()
        for name in CODES:
            end = sample.rindex(b"</")
            with pytest.raises(Refused, match=r"validate\.schema"):
                contract.validate(parse(sample[:end] + f"<{name}>X1</{name}>".encode() + sample[end:], 1_000_000))


@pytest.mark.rule("R36")
def test_r36_a_loss_is_overdue_until_pmh_has_it() -> None:
    """What is sent and not acknowledged within a day is told (`hub.store.journal`), whatever keeps it."""
    assert REGISTRY.contract("eligibility.loss", 1).due_within == 86_400
