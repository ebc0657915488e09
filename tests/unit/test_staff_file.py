"""The personnel office's file: read whole, or refused with the line, and never with a value."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.ports.staff import Employee, Standing
from hub.support import staff_file

TODAY = date(2027, 4, 2)
HEADER = "account,staff_id,name,department,from,until,state\n"
SUZUKI = "suzuki,10234,Suzuki Hanako,Child welfare,2025-04-01,,active\n"
SATO = "sato,10877,佐藤 次郎,子ども福祉課,2024-04-01,2027-03-31,left\n"
GOOD = f"feed,2027-04-01,2\n{HEADER}{SUZUKI}{SATO}"


def read(text: str) -> staff_file.StaffFile:
    return staff_file.read(text.encode(), TODAY)


def one(row: str) -> str:
    return f"feed,2027-04-01,1\n{HEADER}{row}\n"


def test_a_file_says_who_works_here_and_of_which_day() -> None:
    found = read(GOOD)

    assert found.of == date(2027, 4, 1)
    assert found.people == (
        Employee("suzuki", "10234", "Child welfare", date(2025, 4, 1), None, Standing.ACTIVE),
        Employee("sato", "10877", "子ども福祉課", date(2024, 4, 1), date(2027, 3, 31), Standing.LEFT),
    )
    assert found.names["sato"] == "佐藤 次郎"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_mark_of_utf_8_and_the_lines_of_other_systems_are_read(newline: str) -> None:
    assert read("\ufeff" + GOOD.replace("\n", newline)) == read(GOOD)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1: the file is empty"),
        ("feed,2027-04-01,2\n", "line 1: the file is empty or broke off"),
        (f"feed,2027-04-01,3\n{HEADER}{SUZUKI}{SATO}", "it says 3 people and the file has 2"),
        (f"feed,2027-04-03,2\n{HEADER}{SUZUKI}{SATO}", "line 1: the day lies ahead"),
        (f"feed,2027-02-30,2\n{HEADER}{SUZUKI}{SATO}", "line 1: there is no such day"),
        (f"{HEADER}{SUZUKI}", 'line 1: it must be "feed"'),
        (f"feed,2027-04-01,1\naccount,name\n{SUZUKI}", "line 2: the columns must be"),
        (one("suzuki,10234,Suzuki,Welfare,2025-04-01,active"), "line 3: 6 columns instead of 7"),
        (one("suzuki;x,10234,Suzuki,Welfare,2025-04-01,,active"), "line 3, account"),
        (one("suzuki,123456789018,Suzuki,Welfare,2025-04-01,,active"), "line 3, staff_id"),
        (one("suzuki,10234,,Welfare,2025-04-01,,active"), "line 3, name"),
        (one('suzuki,10234,Suzuki,"Wel\x1bfare",2025-04-01,,active'), "line 3, department"),
        (one("suzuki,10234,Suzuki,Welfare,,,active"), "line 3, from"),
        (one("suzuki,10234,Suzuki,Welfare,20250401,,active"), "line 3, from"),
        (one("suzuki,10234,Suzuki,Welfare,2025-04-01,2025-03-31,active"), "line 3, until"),
        (one("suzuki,10234,Suzuki,Welfare,2025-04-01,,retired"), "line 3, state"),
        (one('suzuki,10234,"Suzuki,Welfare,2025-04-01,,active'), "it is no CSV"),
        (f"feed,2027-04-01,2\n{HEADER}{SUZUKI}{SUZUKI}", "line 4, account: it stands there twice"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(Refused, match=r"access\.feed") as caught:
        read(text)
    assert where in caught.value.detail
    assert "Suzuki" not in caught.value.detail


def test_another_encoding_and_a_file_too_large_are_refused() -> None:
    for content, what in ((GOOD.encode("shift_jis"), "UTF-8"), (b"x" * (staff_file.MOST_BYTES + 1), "too large")):
        with pytest.raises(Refused, match=what):
            staff_file.read(content, TODAY)


@pytest.mark.rule("R52")
def test_wherever_a_file_breaks_off_nothing_of_it_is_believed() -> None:
    """But for the newline at its end, and inside the last word."""
    content = GOOD.encode()
    for length in range(len(content) - 1):
        with pytest.raises(Refused, match=r"access\.feed"):
            staff_file.read(content[:length], TODAY)


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (f"feed,2027-04-01,1\n{HEADER}" + text).encode())
)
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        staff_file.read(content, TODAY)
    except Refused as error:
        assert error.code == "access.feed"
