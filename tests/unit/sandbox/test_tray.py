"""The tray of a simulated partner: what lies there is whole, keeps its order, and leaves once."""

import os
from pathlib import Path

import pytest

from hub.sandbox.tray import Tray


def test_it_gives_what_was_laid_out_oldest_first(tmp_path: Path) -> None:
    tray = Tray(tmp_path)
    for number, key in enumerate(("z", "a", "m")):
        tray.lay_out(key, key.encode())
        os.utime(tmp_path / "from_partner" / key, (number, number))
    assert list(tray.items()) == [("z", b"z"), ("a", b"a"), ("m", b"m")]


def test_what_was_taken_is_gone_and_can_be_laid_out_again(tmp_path: Path) -> None:
    tray = Tray(tmp_path)
    tray.lay_out("a", b"1")
    tray.take("a")
    tray.take("a")
    assert dict(tray) == {}
    tray.lay_out("a", b"2")
    assert dict(tray) == {"a": b"2"}


def test_what_was_cut_short_while_it_was_written_is_not_there(tmp_path: Path) -> None:
    Tray(tmp_path)
    (tmp_path / "writing" / "a").write_bytes(b"hal")
    assert dict(Tray(tmp_path)) == {}


@pytest.mark.parametrize("key", ["a", "../a", ""])
def test_what_is_not_there_is_not_found(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        Tray(tmp_path)[key]
