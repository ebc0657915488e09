"""The files of the yearly renewal (F9): the list that goes out, and the answers that come back."""

import pytest

from connectors.tax.lists import answered, listed
from hub.documents import parse
from hub.errors import Refused
from tests.unit.connectors.routed import REGISTRY, routed

LIST = next(each.document for each in routed("tax") if (each.operation, each.name) == ("tax.income_list", "three.xml"))
FILE = (
    "H,ZI00000001,2026,20260101,2026-07-02T04:00:00+09:00\r\n"
    "D,1,000000000000101,1,4200000,98200,5000,2\r\n"
    "D,2,000000000000102,2,,,,\r\n"
    "D,3,000000000000103,1,2000000,1800,0,0\r\n"
    "T,3,100000,5000\r\n"
)


def code_of(file: str) -> str:
    """What becomes of a file of answers: the code of its refusal, by the collector or by the contract."""
    with pytest.raises(Refused) as caught:
        REGISTRY.contract("tax.income_list_answer", 1).validate(parse(answered(file.encode("cp932")), 1 << 20))
    assert not any(number in caught.value.detail for number in ("00000000000010", "98200"))
    return caught.value.code


def test_the_list_has_its_totals_and_lines_that_end_in_crlf() -> None:
    assert listed(LIST).decode("cp932") == (
        "H,ZI00000001,2026,20260101,1,3\r\n"
        "D,1,000000000000101,川崎 花子\r\n"
        "D,2,000000000000102,髙橋 﨑太郎\r\n"
        "D,3,000000000000103,神谷 健\r\n"
        "T,3,306\r\n"
    )


def test_a_name_that_cp932_lacks_is_refused_and_not_told() -> None:
    with pytest.raises(Refused) as caught:
        listed(LIST.replace("神谷".encode(), "\U00020bb7谷".encode()))
    assert caught.value.code == "translate.unencodable"
    assert "record 4, field name" in caught.value.detail
    assert not any(text in str(caught.value) for text in ("谷", "健", "\U00020bb7", "000000000000103"))


def test_the_answers_are_those_of_the_file() -> None:
    document = parse(answered(FILE.encode("cp932")), 1 << 20)
    contract = REGISTRY.contract("tax.income_list_answer", 1)
    contract.validate(document)
    assert contract.texts(document, ["answers/answer/levy/income_levy"]) == ["98200", "1800"]
    assert contract.texts(document, ["answers/answer/unknown"]) == ["elsewhere"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("T,3,100000,5000", "T,3,100001,5000", "validate.control_total"),
        ("T,3,100000,5000", "T,3,100000,5001", "validate.control_total"),
        ("T,3,", "T,4,", "validate.control_total"),
        ("D,3,000000000000103,1,2000000,1800,0,0\r\n", "", "validate.control_total"),  # a line lost
        ("1800,0,0", "1900,0,0", "validate.control_total"),
        ("D,2,", "D,3,", "validate.encoding"),
        (",2,,,,", ",2,1,,,", "validate.encoding"),  # amounts of somebody unknown
        (",2,,,,", ",7,,,,", "validate.encoding"),
        ("T,3,100000,5000\r\n", "", "validate.encoding"),  # cut short between two lines
        (",5000\r\n", ",5000", "validate.encoding"),
        ("H,", "D,", "validate.encoding"),
        ("20260101", "20260230", "validate.schema"),
        ("98200", "九八二", "validate.schema"),
    ],
)
def test_a_file_with_a_fault_is_refused_whole(old: str, new: str, code: str) -> None:
    assert old in FILE
    assert code_of(FILE.replace(old, new)) == code


@pytest.mark.rule("R9")
def test_r9_an_answer_is_joined_on_the_addressee_number_alone() -> None:
    """R9: there is no name in an answer, so nothing could be joined on one."""
    assert code_of(FILE.replace("000000000000102", "髙橋 﨑太郎")) == "validate.schema"
