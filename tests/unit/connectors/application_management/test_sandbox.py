"""The simulated application management system: number links in order, once each, and whom a serial stands for."""

from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

DELETED = document("application_management", "application_management.number_links", "deleted.xml")
SET = document("application_management", "application_management.number_link_set", "second.xml")
FIRST, SECOND, RENEWED = "0A1B2C3D4E5F6071", "1B2C3D4E5F607182", "2C3D4E5F60718293"
P1, P2 = "000000000000101", "000000000000102"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("application_management", tmp_path)


def difference(number: int, *rows: tuple[str, str, int, int]) -> bytes:
    """Rows of serial, 宛名番号, 削除フラグ, 排他キー."""
    links = "".join(
        f"<link><certificate_serial>{serial}</certificate_serial><addressee_number>{person}</addressee_number>"
        f"<deleted>{deleted}</deleted><exclusion_key>{key}</exclusion_key>"
        "<updated_at>2026-09-01T09:00:00+09:00</updated_at></link>"
        for serial, person, deleted, key in rows
    )
    return (
        '<links xmlns="urn:renkei:application_management.number_links:v1">'
        f"<sequence_number>{number}</sequence_number><generated_at>2026-09-01T09:30:00+09:00</generated_at>{links}</links>"
    ).encode()


def counts(books: Books, body: bytes, path: str = "/number-links") -> tuple[str, ...]:
    """Outcome, rows changed, rows deactivated."""
    said = books.post(path, body).body.decode()
    return tuple(said.partition(f"<{name}>")[2].partition("<")[0] for name in ("outcome", "changed", "deactivated"))


def linked(books: Books, serial: str) -> tuple[int, str]:
    answer = books.get(f"/links/{serial}")
    return answer.status, answer.body.decode()


@pytest.mark.rule("R11")
def test_r11_a_renewed_card_stands_for_the_same_person_and_the_old_one_for_nobody(books: Books) -> None:
    assert counts(books, difference(1, (FIRST, P1, 0, 1))) == ("applied", "1", "0")
    assert linked(books, FIRST) == (200, P1)
    assert counts(books, difference(2, (FIRST, P1, 1, 2), (RENEWED, P1, 0, 1))) == ("applied", "2", "1")
    books.restart()
    assert linked(books, RENEWED) == (200, P1)
    assert linked(books, FIRST)[0] == 404  # 削除フラグ: such a row never matches


@pytest.mark.rule("R13")
def test_r13_no_match_or_several_is_no_automatic_link(books: Books) -> None:
    assert linked(books, FIRST)[0] == 404
    books.post("/number-links", difference(1, (FIRST, P1, 0, 1), (FIRST, P2, 0, 1)))
    assert linked(books, FIRST) == (409, "")
    # one of them is corrected: now there is no doubt any more
    books.post("/number-links", difference(2, (FIRST, P2, 1, 2)))
    assert linked(books, FIRST) == (200, P1)


@pytest.mark.rule("R12")
def test_r12_a_difference_is_applied_once_whatever_key_it_comes_under(books: Books) -> None:
    one = difference(1, (FIRST, P1, 0, 1))
    assert [counts(books, one), counts(books, one)] == [("applied", "1", "0"), ("contained", "0", "0")]
    assert len(books.effects()) == 1


@pytest.mark.rule("R12")
def test_r12_a_row_goes_by_its_exclusion_key(books: Books) -> None:
    books.post("/number-links", difference(1, (FIRST, P1, 1, 5)))
    assert counts(books, difference(2, (FIRST, P1, 0, 4), (SECOND, P2, 0, 1))) == ("applied", "1", "0")
    assert linked(books, FIRST)[0] == 404


@pytest.mark.rule("R12")
def test_r12_nothing_is_taken_past_a_gap_and_the_full_set_closes_it(books: Books) -> None:
    books.post("/number-links", difference(1, (FIRST, P1, 0, 1)))
    answer = books.post("/number-links", difference(3, (SECOND, P2, 0, 1)))
    assert answer.status == 409
    assert b"<expected_sequence_number>2</expected_sequence_number>" in answer.body
    assert b"<received_sequence_number>3</received_sequence_number>" in answer.body
    assert linked(books, SECOND)[0] == 404
    # When the full set comes, then it is as if nothing had been missing
    assert counts(books, SET, "/number-link-sets") == ("applied", "2", "0")
    assert counts(books, difference(3, (SECOND, P2, 0, 1))) == ("contained", "0", "0")
    books.restart()
    assert counts(books, difference(4, (SECOND, P2, 1, 2))) == ("applied", "1", "1")


def test_an_older_full_set_undoes_nothing(books: Books) -> None:
    for number in range(1, 5):
        books.post("/number-links", difference(number, (FIRST, P1, int(number == 4), number)))
    assert counts(books, SET, "/number-link-sets") == ("contained", "0", "0")
    assert linked(books, FIRST)[0] == 404


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"<deleted>1<", b"<deleted>2<"), (SECOND.encode(), b"xyz"), (b"</links>", b"<extra/></links>")],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, before: bytes, after: bytes) -> None:
    assert before in DELETED
    assert refused(books, "/number-links", DELETED.replace(before, after)) == 422


def test_an_individual_number_is_a_violation(books: Books) -> None:
    assert refused(books, "/number-links", DELETED.replace(b"<link>", b"<!-- 621498320257 --><link>")) == 422
    assert books.last().violation is not None
