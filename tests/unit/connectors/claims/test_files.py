"""The files of the claims import (F23): totals, layout, encoding; and what goes back names no person."""

import pytest

from connectors.claims.files import claimed, told
from hub.documents import parse
from hub.errors import Refused
from hub.sandbox import numbers
from hub.sandbox.city import City
from hub.sandbox.claims import NEVER_ISSUED, Claim, batch, issued
from tests.unit.connectors.routed import REGISTRY, routed

CHILD = next(each for each in City(1, 50).children if each.surname.text == "髙橋")
CLAIMS = [Claim(number, "202607", number, CHILD, 10_000 * number) for number in (1, 2, 3)]
FILE = batch("RE20260801", "202608", CLAIMS)
CONTRACT = REGISTRY.contract("claims.batch", 1)


def code_of(content: bytes) -> str:
    """The code of its refusal, by the collector or by the contract; no name and no number of a claim in it."""
    with pytest.raises(Refused) as caught:
        CONTRACT.validate(parse(claimed(content), 1 << 20))
    assert not any(text in caught.value.detail for text in (CHILD.surname.text, "0000018", "000000001"))
    return caught.value.code


def test_a_file_is_one_message_with_all_its_claims() -> None:
    document = parse(claimed(FILE), 1 << 20)
    CONTRACT.validate(document)
    people = [person.aliases for person in CONTRACT.facts(document).persons]
    assert [dict(aliases)["recipient_number"] for aliases in people] == ["0000018", "0000026", "0000034"]
    assert CHILD.name in document.serialise().decode()


@pytest.mark.rule("R68")
@pytest.mark.parametrize(
    "spoilt",
    [
        batch("RE20260801", "202608", CLAIMS, total=59_999),
        batch("RE20260801", "202608", CLAIMS).replace(b"T,3,", b"T,2,"),
        b"".join(line for n, line in enumerate(FILE.splitlines(keepends=True)) if n != 2),  # a line lost
        b"".join(line for line in FILE.splitlines(keepends=True) for _ in range(2 if b",000000002," in line else 1)),
        FILE.replace(b",10000,", b",10001,"),
    ],
)
def test_a_total_that_does_not_match_stops_the_whole_batch(spoilt: bytes) -> None:
    assert spoilt != FILE
    assert code_of(spoilt) == "validate.control_total"


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (FILE[:-12], "validate.encoding"),  # cut short in the trailer
        (FILE.replace(b"\r\n", b"\n"), "validate.encoding"),
        (FILE.decode("cp932").encode(), "validate.encoding"),  # UTF-8
        (FILE.replace("髙".encode("cp932"), b"\xf0\x40"), "validate.encoding"),  # 外字
        (FILE.replace(b"T,3", b"E,3"), "validate.encoding"),
        (FILE.replace(b",09,1,", b",09,"), "validate.encoding"),
        (b"", "validate.encoding"),
        (FILE.replace(b",202607,", b",202613,"), "validate.schema"),
        (FILE.replace(b",09,1,", b",09,32,"), "validate.schema"),
        (FILE.replace(b"0614131", b"0614130"), "validate.check_digit"),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused(spoilt: bytes, code: str) -> None:
    assert spoilt != FILE
    assert code_of(spoilt) == code


def test_the_error_list_names_claims_and_nobody() -> None:
    document = next(each.document for each in routed("claims") if each.name == "some-unmatched.xml")
    assert told(document) == b"H,RE20260801,202608,3\r\nD,000000003,202607,1\r\nT,1,1,1\r\n"


def test_numbers_of_nobody_are_known_as_such() -> None:
    assert issued("0000018")
    assert not any(map(issued, ("0000019", numbers.recipient_number(NEVER_ISSUED), "000001", "０００００１８", "")))
