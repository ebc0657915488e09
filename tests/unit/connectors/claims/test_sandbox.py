"""Both ends of F23 in simulation: the welfare system takes each claim once, the fund wants each accounted for."""

from pathlib import Path

import pytest

from connectors.claims.files import claimed
from hub.documents import parse
from hub.sandbox.city import City
from hub.sandbox.claims import NEVER_ISSUED, Claim, batch
from tests.unit.connectors.books import Books, refused
from tests.unit.connectors.routed import REGISTRY

CHILD = next(each for each in City(1, 50).children if each.surname.text == "髙橋")
OWN = [Claim(number, "202607", number, CHILD, 10_000) for number in (1, 2)]
NOBODYS = Claim(3, "202607", NEVER_ISSUED, CHILD, 10_000)


def message(*claims: Claim, name: str = "RE20260801") -> bytes:
    """As it reaches the welfare system."""
    document = parse(claimed(batch(name, "202608", claims)), 1 << 20)
    REGISTRY.contract("claims.batch", 1).validate(document)
    return document.serialise().replace(b"claims.batch", b"welfare.claim_batch")


@pytest.fixture
def welfare(tmp_path: Path) -> Books:
    return Books("welfare", tmp_path)


def counted(books: Books, body: bytes) -> tuple[int, int, int]:
    """Taken, known before, unmatched."""
    answer = books.post("/claim-batches", body)
    document = parse(answer.body, 1 << 20)
    REGISTRY.contract("welfare.claim_result", 1).validate(document)
    text = answer.body.decode()
    taken, before = (int(text.partition(f"<{name}>")[2].partition("<")[0]) for name in ("accepted", "duplicate"))
    return taken, before, text.count("<reason>")


def test_a_claim_is_known_by_month_recipient_and_number(welfare: Books) -> None:
    assert counted(welfare, message(*OWN)) == (2, 0, 0)
    welfare.restart()
    assert counted(welfare, message(*OWN, name="RE20260802")) == (0, 2, 0)
    other_month = Claim(1, "202606", 1, CHILD, 10_000)
    assert counted(welfare, message(OWN[0], other_month, OWN[1], name="RE20260803")) == (1, 2, 0)
    assert counted(welfare, message(other_month, other_month, name="RE20260804")) == (0, 2, 0)


def test_a_recipient_nobody_knows_goes_onto_the_list_and_the_others_are_taken(welfare: Books) -> None:
    assert counted(welfare, message(*OWN, NOBODYS)) == (2, 0, 1)
    assert b"recipient_number" not in welfare.post("/claim-batches", message(NOBODYS)).body


def test_the_welfare_system_counts_for_itself(welfare: Books) -> None:
    right = message(*OWN)
    assert refused(welfare, "/claim-batches", right.replace(b">20000<", b">20001<")) == 422


@pytest.mark.rule("R68")
@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"H,RE20260801,202608,3\r\nD,000000003,202607,1\r\nT,1,1,0\r\n", False),
        (b"H,RE20260801,202608,4\r\nD,000000003,202607,1\r\nT,1,1,1\r\n", False),
        (b"H,RE20260801,202608,1\r\nD,000000003,202607,1,0000018\r\nT,0,0,1\r\n", True),
        ("H,RE20260801,202608,1\r\nD,髙橋,202607,1\r\nT,0,0,1\r\n".encode("cp932"), False),
    ],
)
def test_the_fund_refuses_a_result_that_does_not_add_up_or_names_somebody(
    tmp_path: Path, body: bytes, named: bool
) -> None:
    books = Books("claims", tmp_path)
    assert refused(books, "/files", body) == 422
    assert (books.last().violation is not None) == named
