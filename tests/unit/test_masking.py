"""A body as masked rows."""

from pathlib import Path

import pytest

from hub.documents import Contract
from hub.errors import Refused
from hub.support import masking
from tests.small_home import NOTE, write_contract

LIMIT = 10_000
BODY = NOTE.format(type="office.note").encode()


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return Contract.load(write_contract(tmp_path, "office.note"))


def test_fields_are_rows_and_numbers_of_persons_are_marked_by_the_contract(contract: Contract) -> None:
    rows = masking.rows(BODY, contract, LIMIT)
    assert [(row.path, row.kind) for row in rows] == [
        ("note/addressee_number", "addressee_number"),
        ("note/individual_number", "individual_number"),
        ("note/history_number", ""),
        ("note/birth_date", ""),
        ("note/sex", ""),
        ("note/name", ""),
    ]
    assert [row.number for row in rows] == list(range(6))
    assert masking.one(rows, 1).value == "123456789018"


def test_no_value_is_in_what_a_log_would_show_and_the_mask_tells_no_length(contract: Contract) -> None:
    assert all("1234567" not in repr(row) for row in masking.rows(BODY, contract, LIMIT))
    assert len(masking.MASK) == 4


def test_brothers_of_one_name_have_places() -> None:
    rows = masking.rows(b"<a><b>1</b><b x='2'>3</b></a>", None, LIMIT)
    assert [(row.path, row.value) for row in rows] == [("a/b[1]", "1"), ("a/b[2]/@x", "2"), ("a/b[2]", "3")]


def test_json_has_fields_too() -> None:
    rows = masking.rows('{"a": [{"b": "山田"}, 2], "c": null, "d": true}'.encode(), None, LIMIT)
    assert [(row.path, row.value) for row in rows] == [("a[1]/b", "山田"), ("a[2]", "2"), ("c", ""), ("d", "true")]
    assert [row.empty for row in rows] == [False, False, True, False]


def test_of_what_cannot_be_read_the_lines_are_rows() -> None:
    rows = masking.rows(b"<a>\n<broken \xff", None, LIMIT)
    assert [row.path for row in rows] == ["#1", "#2"]


@pytest.mark.parametrize("number", [-1, 6])
def test_a_field_that_is_not_there_is_refused(contract: Contract, number: int) -> None:
    with pytest.raises(Refused, match=r"reveal\.field"):
        masking.one(masking.rows(BODY, contract, LIMIT), number)
