"""Every document of the synthetic city is valid under its contract, and holds the names as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from hub.documents import Contract, parse
from hub.home import Home
from hub.sandbox import letters
from hub.sandbox.certificates import Certificates
from hub.sandbox.city import City

LIMIT = 1 << 20
AT = datetime(2026, 9, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> City:
    return City(11, 500)


def contract(name: str, home: Path) -> Contract:
    return Contract.load(Home(home).folder("schemas") / name / "v1")


def validated(documents: Iterable[bytes], under: Contract) -> int:
    count = 0
    for document in documents:
        under.validate(parse(document, LIMIT))
        assert document.startswith(b"<!-- synthetic -->")
        count += 1
    return count


def test_every_change_of_500_residents_is_valid(city: City, tmp_path: Path) -> None:
    changes = list(islice(city.changes(), 2500))
    assert {change.resident.addressee_number for change in changes} == {
        resident.addressee_number for resident in city.residents
    }
    under = contract("resident_registry.change", tmp_path)
    assert validated(map(letters.resident_change, changes), under) == 2500


def test_every_individual_number_of_500_residents_is_valid(city: City, tmp_path: Path) -> None:
    documents = [letters.person_number(resident, AT) for resident in city.residents]
    assert validated(documents, contract("welfare.person_number", tmp_path)) == 500


def test_every_registration_of_the_children_is_valid(city: City, tmp_path: Path) -> None:
    certificates = Certificates(city, 0, 1)
    first = [certificates.first() for _ in city.children]
    later = [certificates.after(each, deleted=bool(n % 2)) for n, each in enumerate(first)]
    under = contract("welfare.eligibility", tmp_path)
    assert validated(map(letters.eligibility, [*first, *later]), under) == 2 * len(city.children)
    facts = [under.facts(parse(letters.eligibility(each), LIMIT)) for each in (first[0], later[0])]
    assert facts[0].state_key == facts[1].state_key
    assert [each.version for each in facts] == [first[0].history_key, later[0].history_key]


def test_names_are_in_the_document_as_they_are(city: City) -> None:
    for change in islice(city.changes(), 500):
        assert f"<name>{change.resident.name}</name>".encode() in letters.resident_change(change)


def test_an_unknown_birth_is_not_coerced_to_a_date(city: City) -> None:
    unknown = next(resident for resident in city.residents if resident.born is None)
    document = letters.person_number(unknown, AT).decode()
    noted = unknown.born_as_noted
    assert f"<birth_date><unknown>1</unknown><text>{noted}</text></birth_date>" in document


def test_the_version_of_a_change_is_its_history_number(city: City, tmp_path: Path) -> None:
    under = contract("resident_registry.change", tmp_path)
    for change in islice(city.changes(), 300):
        facts = under.facts(parse(letters.resident_change(change), LIMIT))
        assert facts.version == change.history_number
        assert facts.state_key is not None
        assert change.resident.addressee_number in facts.state_key
