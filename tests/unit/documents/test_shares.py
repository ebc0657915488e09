"""R70: what a document says of one person is told apart from what it says of the others."""

from pathlib import Path

import pytest

from hub.documents import Contract, parse
from hub.documents.shares import Share, share

SCHEMAS = Path(__file__).parents[3] / "schemas"


def of(sample: str, *numbers: str) -> Share:
    """What the sample says of whoever has these numbers."""
    type_, name = sample.split("/")
    contract = Contract.load(SCHEMAS / type_ / "v1")
    document = parse((SCHEMAS / type_ / "v1/valid" / name).read_bytes(), 1_000_000)
    return share(document, contract, lambda person: any(value in numbers for _, value in person.aliases))


@pytest.mark.rule("R70")
def test_a_document_about_one_person_is_told_whole() -> None:
    found = of("tax.income_answer/taxable.xml", "000000000000101")

    assert found.withheld == ()
    assert found.own["/answer/addressee_number"] == "000000000000101"


@pytest.mark.rule("R70")
def test_a_member_of_the_household_learns_its_own_line_alone() -> None:
    """The address is that of whoever the change is about: it may be the one that is kept from this member."""
    found = of("welfare.resident_change/household.xml", "000000000000103")

    assert found.own == {
        "/change/member[2]/addressee_number": "000000000000103",
        "/change/member[2]/name": "𠮷田　鷗",
        "/change/member[2]/relationship": "20",
    }
    assert "/change/address/lot" in found.withheld
    assert "/change/member[3]/name" in found.withheld


@pytest.mark.rule("R70")
def test_whoever_a_change_is_about_learns_all_but_the_other_members() -> None:
    found = of("welfare.resident_change/household.xml", "000000000000101", "123456789018")

    assert found.own["/change/address/lot"] == "１番地２"
    assert "/change/member[1]/name" in found.own
    assert {path.split("/")[2] for path in found.withheld} == {"member[2]", "member[3]"}


@pytest.mark.rule("R70")
def test_a_guardian_does_not_learn_the_address_of_the_child() -> None:
    found = of("eligibility.registration/child.xml", "000000000000101", "123456789018")

    assert set(found.own) == {"/eligibility/guardian/addressee_number", "/eligibility/guardian/individual_number"}
    assert "/eligibility/address" in found.withheld


@pytest.mark.rule("R70")
def test_where_several_share_an_element_only_the_own_numbers_are_told() -> None:
    found = of("application.linked/first.xml", "983205673214")

    assert found.own == {"/application/spouse_individual_number": "983205673214"}
    assert "/application/applicant_address" in found.withheld


@pytest.mark.rule("R70")
def test_one_in_a_list_learns_its_own_entry() -> None:
    found = of("tax.income_list/three.xml", "000000000000103")

    assert found.own
    assert all(path.startswith("/list/person[") for path in found.own)
    assert len({path.split("/")[2] for path in found.own}) == 1


@pytest.mark.rule("R70")
def test_whoever_is_not_named_learns_nothing() -> None:
    found = of("tax.income_answer/taxable.xml", "000000000000999")

    assert found.own == {}
    assert found.withheld
