"""Check digits against the worked examples of the domain text and against another implementation."""

from __future__ import annotations

from random import Random

import pytest
from stdnum import luhn
from stdnum.jp import in_ as individual_numbers

from hub.sandbox import numbers


class _Fixed(Random):
    """Draws one number."""

    def __init__(self, value: int) -> None:
        super().__init__(0)
        self._value = value

    def randrange(self, *_arguments: int) -> int:  # type: ignore[override]
        return self._value


@pytest.mark.parametrize(
    ("drawn", "number"),
    [(12345678901, "123456789018"), (20000000000, "200000000000"), (10000000000, "100000000005")],
)
def test_the_worked_examples_of_individual_numbers(drawn: int, number: str) -> None:
    assert numbers.individual_number(_Fixed(drawn)) == number


def test_drawn_individual_numbers_are_valid() -> None:
    rng = Random(3)
    assert all(individual_numbers.is_valid(numbers.individual_number(rng)) for _ in range(2000))


@pytest.mark.parametrize(
    ("digits", "number"), [("5401602", "54016027"), ("000001", "0000018"), ("8314130", "83141309")]
)
def test_the_worked_examples_of_public_expense_numbers(digits: str, number: str) -> None:
    assert numbers.with_luhn(digits) == number
    assert luhn.is_valid(number)


def test_recipient_numbers_are_valid_and_seven_digits() -> None:
    assert all(
        luhn.is_valid(number) and len(number) == 7 for number in map(numbers.recipient_number, range(0, 999_999, 997))
    )
