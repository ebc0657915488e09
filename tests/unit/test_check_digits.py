"""The vectors of the domain text, section 4."""

import pytest

from hub.check_digits import CHECKS, corporate_number, individual_number, luhn, municipality_code

INDIVIDUAL = """
    123456789018 983205673214 621498320257 100000000005 010000000006 111111111118 999999999996 500000000003
    123456789026 200000000000
""".split()
CORPORATE = ["7000012050002", "5835678256246"]
LUHN = """
    54016027 81136244 81137242 88138243 88131248 89131247 06130488 33120015 138057 3410712362 0110113719
    83141309 80141302 81141301 12141305 0000018 0000026 1234566 9999996 1000009 0000091 0000109 6543219 0123455 141309
""".split()
MUNICIPALITY = """
    141305 141313 141321 141330 141348 141356 141364 141372 131016 141330 141003 141500 473821
""".split()

VALID = [
    *(("individual_number", number) for number in INDIVIDUAL),
    *(("corporate_number", number) for number in CORPORATE),
    *(("luhn", number) for number in LUHN),
    *(("municipality_code", number) for number in MUNICIPALITY),
]
INVALID = [
    ("individual_number", "123456789010"),
    ("individual_number", "123456789012"),
    ("individual_number", "210987654321"),  # the sample of the published PMH interface
    ("individual_number", "１２３４５６７８９０１８"),
    ("individual_number", "12345678901"),
    ("individual_number", "1234567890180"),
    ("individual_number", "123456789018 "),
    ("individual_number", "1234-5678-9018"),
    ("individual_number", ""),
    ("corporate_number", "8000012050002"),
    ("corporate_number", "700001205000"),
    ("luhn", "87654321"),
    ("luhn", "0000002"),
    ("luhn", "1234567"),
    ("luhn", "06130489"),
    ("luhn", "3410712361"),
    ("luhn", ""),
    ("luhn", "５４０１６０２７"),
    ("municipality_code", "141306"),
    ("municipality_code", "14130"),
    ("municipality_code", "1413050"),
]


@pytest.mark.parametrize(("kind", "number"), VALID)
def test_valid(kind: str, number: str) -> None:
    assert CHECKS[kind](number)  # type: ignore[index]


@pytest.mark.parametrize(("kind", "number"), INVALID)
def test_invalid(kind: str, number: str) -> None:
    assert not CHECKS[kind](number)  # type: ignore[index]


def test_all_zeros_pass_the_formula_and_are_refused() -> None:
    # Given the number nobody has, whose check digit is right (r = 0 → 0)
    assert not individual_number("000000000000")


@pytest.mark.parametrize("number", [n for n in LUHN if len(n) <= 10])
def test_luhn_finds_every_single_digit_error(number: str) -> None:
    # When any one digit is replaced, Then the check fails (true of Luhn; it is not true of individual numbers)
    for position, digit in enumerate(number):
        for other in "0123456789".replace(digit, ""):
            assert not luhn(number[:position] + other + number[position + 1 :])


def test_the_worked_examples() -> None:
    # 212 mod 11 = 3 → 8; 13 → 7; 39 mod 11 = 6 → 5
    assert individual_number("123456789018")
    assert luhn("54016027")
    assert municipality_code("141305")
    assert corporate_number("7000012050002")
