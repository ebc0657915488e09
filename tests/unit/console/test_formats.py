"""How times are written."""

import pytest

from hub.console import formats
from hub.console.texts import Texts

AT = 1_795_896_452_000_000  # 2026-11-28 20:07:32 UTC
SECOND = 1_000_000


def test_times_are_japanese_time_to_the_second() -> None:
    assert formats.at(AT) == "2026-11-29 05:07:32"
    assert formats.microseconds("2026-11-29") == AT - (5 * 3600 + 7 * 60 + 32) * SECOND
    assert formats.microseconds("29 November") is None


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (0, "0秒前", "0 s ago"),
        (59, "59秒前", "59 s ago"),
        (60, "1分前", "1 min ago"),
        (3599, "59分前", "59 min ago"),
        (7200, "2時間前", "2 h ago"),
        (200_000, "2日前", "2 d ago"),
        (-90, "1分後", "in 1 min"),
    ],
)
def test_an_age_has_the_largest_unit_that_fits(seconds: int, japanese: str, english: str) -> None:
    assert formats.age(Texts("ja"), AT - seconds * SECOND, AT) == japanese
    assert formats.age(Texts("en"), AT - seconds * SECOND, AT) == english


def test_a_moment_is_markup_and_nothing_is_a_dash() -> None:
    assert '<time datetime="2026-11-29T05:07:32+09:00">2026-11-29 05:07:32</time>' in formats.moment(Texts("ja"), AT)
    assert "–" in formats.moment(Texts("ja"), None)


def test_commands_in_cards_are_set_off_and_everything_is_escaped() -> None:
    assert formats.said("run `renkei <x>` & wait") == "run <code>renkei &lt;x&gt;</code> &amp; wait"


def test_what_is_too_long_for_a_box_is_cut_by_its_width() -> None:
    assert formats.short("住民記録システム") == "住民記録システム"
    assert formats.short("あ" * 13) == "あ" * 12 + "…"
    assert formats.short("a" * 24) == "a" * 24
