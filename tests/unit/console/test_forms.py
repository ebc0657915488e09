"""Forms: from our own pages only, and full-width input is taken."""

import pytest
from starlette.datastructures import FormData

from hub.console import forms
from hub.console.rates import Tries
from hub.console.searches import Searches
from hub.errors import Refused


def test_a_form_of_this_visit_and_session_is_taken_and_no_other() -> None:
    visit, other = forms.new_visit(), forms.new_visit()
    forms.verify({}, visit, "session", forms.key(visit, "session"))
    forms.verify({"sec-fetch-site": "same-origin"}, visit, "", forms.key(visit, ""))
    for given in (forms.key(other, "session"), forms.key(visit, ""), "", None, "日本"):
        with pytest.raises(Refused, match=r"console\.form"):
            forms.verify({}, visit, "session", given)
    with pytest.raises(Refused, match=r"console\.form"):
        forms.verify({"sec-fetch-site": "cross-site"}, visit, "session", forms.key(visit, "session"))
    with pytest.raises(Refused, match=r"console\.form"):
        forms.verify({}, "", "", forms.key("", ""))


@pytest.mark.parametrize(("typed", "number"), [("", None), ("120", 120), ("１２０", 120), ("1,200", 1200)])
def test_numbers_may_be_full_width(typed: str, number: int | None) -> None:
    assert forms.number(FormData({"rate": typed}), "rate") == number


@pytest.mark.parametrize("typed", ["x", "-1", "1.5", "9" * 10])
def test_anything_else_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(Refused, match=r"console\.number") as caught:
        forms.number(FormData({"rate": typed}), "rate")
    assert typed not in caught.value.detail.replace("or not", "").split()


def test_tries_are_counted_by_place() -> None:
    tries = Tries(2, 60.0)
    assert [tries.take("a"), tries.take("a"), tries.take("a"), tries.take("b")] == [True, True, False, True]


def test_a_search_is_found_by_whoever_typed_it_alone() -> None:
    searches = Searches()
    word = searches.keep("hanako", ("h1", "h2"))
    assert searches.find("hanako", word) == ("h1", "h2")
    assert searches.find("taro", word) is None
    assert searches.find("hanako", "another") is None
