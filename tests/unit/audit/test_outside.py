"""The file of checkpoints: read piece by piece, whatever stands in it."""

from pathlib import Path

import pytest

from hub.audit import outside
from hub.audit.outside import NAME, OutsideFile
from hub.audit.signing import Signer

SIGNER = Signer(b"s" * 32, "141305")
NOTES = [SIGNER.note(size, bytes([size]) * 32, 7) for size in (1, 2, 3, 10, 200)]


def standing(folder: Path) -> list[tuple[str, bool]]:
    return [(one.text, one.whole) for one in OutsideFile(folder).standing()]


@pytest.mark.parametrize("chunk", [1, 7, 150, 1 << 20])
def test_every_note_is_found_and_whatever_else_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Given a note that a crash cut off and wrote anew, a line of a stranger, and half a note at the end
    When the file is read in pieces of any size
    Then all notes are found, and of the rest all but the beginning of the note that follows whole
    """
    monkeypatch.setattr(outside, "_CHUNK", chunk)
    first, second, third, fourth, fifth = NOTES
    text = f"{first}\n{second[:20]}\n{second}\n{third}\nsomebody was here\n{fourth}\n{fifth[:30]}"
    (tmp_path / NAME).write_text(text, encoding="utf-8")

    assert standing(tmp_path) == [
        (first, True), (second, True), (third, True), ("somebody was here", False), (fourth, True),
        (fifth[:30], False),
    ]  # fmt: skip


def test_what_is_no_note_is_told_in_pieces_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("x" * 3_000_000 + f"\n{NOTES[0]}\n", encoding="utf-8")

    found = standing(tmp_path)

    assert found[-1] == (NOTES[0], True)
    assert {whole for _, whole in found[:-1]} == {False}
    assert sum(len(text) for text, _ in found[:-1]) == 3_000_000
    assert len(found) > 2


def test_what_is_appended_meanwhile_is_not_read(tmp_path: Path) -> None:
    file = OutsideFile(tmp_path)
    file.append([(1, NOTES[0])])
    found = file.standing()

    file.append([(2, NOTES[1])])

    assert [one.text for one in found] == NOTES[:1]
    assert standing(tmp_path) == [(one, True) for one in NOTES[:2]]


def test_without_a_file_nothing_stands_there(tmp_path: Path) -> None:
    assert standing(tmp_path) == []
