"""A row is RFC 8785 to the byte, by the library's judgement, and its HMAC fits no other."""

import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.rows import row_mac, row_text
from hub.ports.audit import Entry
from hub.ports.persons import Alias, PersonRef

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
ENTRIES = st.builds(
    Entry,
    act=st.just("look.body"),
    what=st.lists(TEXTS, max_size=3).map(tuple),
    at=st.integers(0, 2**53 - 1),
    persons=st.lists(
        st.builds(PersonRef, TEXTS, st.lists(st.builds(Alias, TEXTS, TEXTS), max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    purpose=TEXTS,
    basis=TEXTS,
    details=st.dictionaries(NAMES, st.one_of(TEXTS, st.integers(-(2**53) + 1, 2**53 - 1)), max_size=4),
)


@given(ENTRIES, TEXTS, TEXTS)
def test_rows_are_canonical(entry: Entry, who: str, where: str) -> None:
    text = row_text("141305", entry, who, where)

    assert text.encode() == rfc8785.dumps(json.loads(text))


def test_control_characters_and_the_astral_plane() -> None:
    odd = "".join(map(chr, range(32))) + '\x7f\u2028\U0010de92"\\/'
    text = row_text("141305", Entry("look.body", (odd,), 1), "a", "b")

    assert text.encode() == rfc8785.dumps(json.loads(text))
    assert json.loads(text)["what"] == [odd]


def test_the_hmac_is_of_key_and_text() -> None:
    assert len({row_mac(key, text) for key in (b"a", b"b") for text in ("x", "y")}) == 4
