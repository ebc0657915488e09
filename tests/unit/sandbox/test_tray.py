"""The tray of a simulated partner: what lies there is whole, keeps its order, and leaves once."""

import os
from pathlib import Path

import pytest

from hub.sandbox.tray import Tray, starting


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


def test_a_book_is_read_from_the_disk_once_and_says_what_was_written_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a partner that was started again with 20 records in its book, which it looks through for every request
    When it has looked through it 50 times, and written and taken out some
    Then each record was read once, and the newest is the last
    """
    before = Tray(tmp_path)
    for number in range(20):
        before.lay_out(f"record-{number:02}", b"%d" % number)
        before.lay_out(f"other-{number:02}", b"")
    read: list[str] = []
    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read.append(self.name) or whole(self))  # type: ignore[func-returns-value]
    tray = Tray(tmp_path)

    for _ in range(50):
        assert [key for key, _ in starting(tray, "record-")] == [f"record-{number:02}" for number in range(20)]
    tray.lay_out("record-00", b"anew")
    tray.lay_out("other-20", b"")
    tray.take("record-01")

    assert [*starting(tray, "record-")][-2:] == [("record-19", b"19"), ("record-00", b"anew")]
    assert len([*starting(tray, "record-")]) == 19
    assert sorted(read) == [f"record-{number:02}" for number in range(20)]


def test_what_was_cut_short_while_it_was_written_is_not_there(tmp_path: Path) -> None:
    Tray(tmp_path)
    (tmp_path / "writing" / "a").write_bytes(b"hal")
    assert dict(Tray(tmp_path)) == {}


@pytest.mark.parametrize("key", ["a", "../a", ""])
def test_what_is_not_there_is_not_found(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        Tray(tmp_path)[key]
