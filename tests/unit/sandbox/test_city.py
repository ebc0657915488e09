"""The synthetic city: repeatable, well-formed, and full of what breaks systems."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import unicodedata
from itertools import islice

import pytest
from stdnum.jp import in_ as individual_numbers

from hub.sandbox.addresses import WARDS
from hub.sandbox.city import CORRECTED, GONE, HEAD, HOUSEHOLD, MOVED_IN, MOVED_WITHIN, City

FINGERPRINT = (
    "import hashlib; from itertools import islice; from hub.sandbox.city import City\n"
    "city = City(7, 300)\n"
    "print(hashlib.sha256(repr((city.households, list(islice(city.changes(), 500)))).encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def city() -> City:
    return City(7, 500)


def test_the_same_seed_gives_the_same_city_in_every_process() -> None:
    # Given: string hashing differs between the two processes, as it does from run to run
    digests = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    # Then
    assert len(digests) == 1


def test_another_seed_gives_another_city() -> None:
    def digest(seed: int) -> str:
        return hashlib.sha256(repr(City(seed, 50).households).encode()).hexdigest()

    assert digest(1) != digest(2)


def test_there_are_as_many_residents_as_asked_for(city: City) -> None:
    assert len(city.residents) == 500
    assert len(City(1, 1).residents) == 1


def test_every_number_is_unique_and_has_a_valid_check_digit(city: City) -> None:
    assert all(individual_numbers.is_valid(each.individual_number) for each in city.residents)
    for numbers in (
        [each.individual_number for each in city.residents],
        [each.addressee_number for each in city.residents],
        [household.number for household in city.households],
    ):
        assert len(set(numbers)) == len(numbers)
    assert all(len(each.addressee_number) == 15 for each in city.residents)


def test_households_have_a_head_children_and_guardians(city: City) -> None:
    assert all(household.members[0].relationship == "02" for household in city.households)
    assert all(household.guardians for household in city.households)
    assert all(each.household_number == h.number for h in city.households for each in h.members)
    assert len(city.children) > 100


def test_wards_carry_the_codes_of_the_city(city: City) -> None:
    assert {each.address.municipality_code for each in city.residents} == set(WARDS)


def test_names_hold_the_characters_that_break_systems(city: City) -> None:
    text = "".join(each.name for each in city.residents)
    for character in ("髙", "﨑", "\U00020bb7", "\U000e0100", "鷗", "\U0010de92", "\U000f0123", "\ue123"):
        assert character in text, ascii(character)
    assert unicodedata.normalize("NFC", text) != text


def test_some_births_are_unknown_and_noted_in_words(city: City) -> None:
    unknown = [each for each in city.residents if each.born is None]
    assert unknown
    assert all(each.born_as_noted and not each.is_child for each in unknown)
    assert all(not each.born_as_noted for each in city.residents if each.born is not None)


def test_changes_count_up_without_gaps_and_repeat_persons(city: City) -> None:
    # When
    changes = list(islice(city.changes(), 800))

    # Then
    last: dict[str, int] = {}
    for change in changes:
        number = change.resident.addressee_number
        assert change.history_number == last.get(number, 0) + 1
        assert change.reported_on >= change.happened_on
        last[number] = change.history_number
    assert max(last.values()) >= 3


def test_changes_do_not_end_when_everybody_has_moved_in() -> None:
    changes = list(islice(City(1, 20).changes(), 100))
    assert len(changes) == 100
    assert {change.reason for change in changes} >= {MOVED_IN, MOVED_WITHIN, HOUSEHOLD, CORRECTED}


def test_somebody_who_has_left_has_no_further_changes(city: City) -> None:
    gone: set[str] = set()
    for change in islice(city.changes(), 3000):
        assert change.resident.addressee_number not in gone
        if change.state == GONE:
            gone.add(change.resident.addressee_number)
    assert gone


def test_every_household_has_one_head_after_every_change(city: City) -> None:
    for change in islice(city.changes(), 1000):
        assert [member.relationship for member in change.household.members].count(HEAD) == 1
        assert change.resident in change.household.members
