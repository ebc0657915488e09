"""The simulated platform registers who lives elsewhere (住登外, F4): numbered by 個人番号 and not at all without it."""

import re
from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused
from tests.unit.connectors.routed import REGISTRY

KIND, PATH = "integration_platform", "/nonresidents"
GUARDIAN = document(KIND, "integration_platform.nonresident", "guardian.xml")
WITHOUT = document(KIND, "integration_platform.nonresident", "without-number.xml")
ADULT = document(KIND, "integration_platform.numbering_request", "adult.xml")
HERE, ELSEWHERE = b"123456789018", b"111111111118"  # 個人番号 of the samples


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(KIND, tmp_path)


def numbered(body: bytes) -> tuple[str, bytes]:
    """assigned or reused, and the number."""
    found = re.search(rb"numbering_(assigned|reused).*integrated_number>(\d{15})<", body)
    assert found is not None
    return found[1].decode(), found[2]


@pytest.mark.rule("R5")
def test_a_new_number_is_given_once_whoever_brings_it_and_in_whichever_way(books: Books) -> None:
    """R5: the same 個人番号 under another 宛名番号, or by a 付番依頼, has the same number."""
    outcome, number = numbered(books.post(PATH, GUARDIAN).body)
    assert outcome == "assigned"
    books.restart()
    other_record = GUARDIAN.replace(b"000000000000301", b"000000000000399")
    assert numbered(books.post(PATH, other_record).body) == ("reused", number)
    assert numbered(books.post("/numbering", ADULT.replace(HERE, ELSEWHERE)).body) == ("reused", number)
    assert numbered(books.post("/numbering", ADULT).body)[0] == "assigned"
    assert numbered(books.post(PATH, GUARDIAN.replace(ELSEWHERE, HERE)).body)[0] == "reused"


def test_without_individual_number_nothing_is_numbered(books: Books) -> None:
    answer = books.post(PATH, WITHOUT).body
    assert b"nonresident_recorded" in answer
    assert b"integrated_number" not in answer
    # and the number that comes later is numbered then
    later = WITHOUT.replace(b"<history_number>1<", b"<history_number>2<")
    later = later.replace(
        b"<history_number>2", b"<individual_number>" + ELSEWHERE + b"</individual_number><history_number>2"
    )
    assert numbered(books.post(PATH, later).body)[0] == "assigned"


def test_the_books_do_not_name_the_individual_number(books: Books, tmp_path: Path) -> None:
    books.post(PATH, GUARDIAN)
    assert ELSEWHERE not in (tmp_path / "ledger.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ELSEWHERE, b"111111111119"),
        (b">guardian<", b">neighbour<"),
        (b"</nonresident>", b"<extra/></nonresident>"),
        (b"<history_number>1<", b"<history_number>0<"),
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, before: bytes, after: bytes) -> None:
    assert before in GUARDIAN
    assert refused(books, PATH, GUARDIAN.replace(before, after)) == 422


def targets(type: str) -> set[tuple[str, str]]:
    return {(each.connector, each.contract.type) for route in REGISTRY.routes(type, 1) for each in route.targets}


@pytest.mark.rule("R6")
def test_only_a_new_number_leads_to_a_request_for_a_code() -> None:
    """R6: neither a number that is reused nor a record without one."""
    request = ("intermediate_server", "intermediate_server.code_request")
    assert request in targets("numbering.assigned")
    assert targets("numbering.reused") == {("welfare", "welfare.numbering_result")}
    assert targets("nonresident.recorded") == {("welfare", "welfare.nonresident_result")}


@pytest.mark.rule("R7")
def test_a_processing_number_goes_to_the_resident_registry_and_to_nobody_else() -> None:
    """R7."""
    assert targets("code.accepted") == {("resident_registry", "resident_registry.processing_number")}
    # what comes from the server may name it, and no other partner may get it
    assert {name for name in REGISTRY.connectors if "processing_number" in REGISTRY.edge(name).allows} == {
        "intermediate_server",
        "resident_registry",
    }


@pytest.mark.rule("R9")
@pytest.mark.parametrize("type", ["nonresident.recorded", "numbering.assigned", "numbering.reused", "copy.registered"])
def test_the_welfare_system_is_told_by_its_own_number_only(type: str) -> None:
    """R9: it joins on 宛名番号 and holds no 団体内統合宛名番号."""
    (contract,) = (
        each.contract for route in REGISTRY.routes(type, 1) for each in route.targets if each.connector == "welfare"
    )
    assert contract.identifier_kinds <= {"addressee_number"}
