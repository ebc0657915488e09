"""The simulated online eligibility verification: a link number keeps its key, and 個人番号 never comes in (R3)."""

import json
from pathlib import Path

import pytest

from hub.sandbox.link_keys import opened
from tests.unit.connectors.books import Books, refused

PATH = "/key-links"


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("eligibility_verification", tmp_path)


def link(key: str = "K000000000000101", number: str = "L000000000000201", **more: str) -> bytes:
    return json.dumps({"pmhKey": key, "linkNumber": number, **more}).encode()


def test_a_link_number_keeps_its_key_also_after_a_restart(books: Books) -> None:
    assert books.post(PATH, link()).body == b'{"linkNumber": "L000000000000201"}'
    books.restart()
    assert refused(books, PATH, link()) == 200  # known already
    assert refused(books, PATH, link(key="K000000000000102")) == 409
    assert books.post(PATH, link(number="L000000000000202")).status == 200
    assert len(books.effects()) == 2


@pytest.mark.rule("R3")
@pytest.mark.parametrize("more", [{"myNumber": "621498320257"}, {"name": "x"}])
def test_r3_anything_more_is_a_violation(books: Books, more: dict[str, str]) -> None:
    assert refused(books, PATH, link(**more)) == 422
    assert books.last().violation is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"pmhKey":"K000000000000101","pmhKey":"K000000000000102","linkNumber":"L000000000000201"}', 400),
        (link(key="K00000000000010"), 422),
        (b'{"pmhKey":"K000000000000101"}', 422),
        (b"[]", 422),
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, body: bytes, status: int) -> None:
    assert refused(books, PATH, body) == status
    assert books.last().violation is None


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("number", "consent", "pmh_key"),
    [
        ("L000000000000201", True, "K000000000000101"),
        ("L000000000000201", False, ""),
        ("L000000000000202", True, ""),
    ],
)
def test_r37_the_terminal_makes_a_key_and_without_consent_nobody_is_in_it(
    books: Books, number: str, consent: bool, pmh_key: str
) -> None:
    books.post(PATH, link())
    asked = json.dumps({"linkNumber": number, "consent": consent}).encode()
    one, other = (json.loads(books.post("/terminal", asked).body)["linkKey"] for _ in range(2))
    books.restart()

    found = opened(one)
    assert found is not None
    assert (found.pmh_key, len(one)) == (pmh_key, len(other))
    assert one != other
    assert found != opened(other)  # each is used by itself


def test_the_terminal_wants_to_know_about_consent(books: Books) -> None:
    assert refused(books, "/terminal", b'{"linkNumber":"L000000000000201"}') == 422
