"""Attachments lie sealed, are found again, and are gone when they are cleared."""

from hashlib import sha256
from pathlib import Path

import pytest

from hub.attachments import FolderAttachments
from hub.errors import Refused, Unavailable
from hub.seal import Sealer
from tests.unit.stages.conftest import KeysInMemory

OWNER, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
CONTENT = b"%PDF-1.7 a scan of somebody's card"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def keys() -> KeysInMemory:
    return KeysInMemory()


@pytest.fixture
def attachments(tmp_path: Path, keys: KeysInMemory) -> FolderAttachments:
    return FolderAttachments(str(tmp_path / "attachments"), Sealer(bytes(32), keys))


def kept(root: Path) -> list[Path]:
    return [each for each in (root / "attachments").rglob("*") if each.is_file()]


@pytest.mark.rule("R56")
def test_what_is_kept_is_found_and_nothing_of_it_shows(attachments: FolderAttachments, tmp_path: Path) -> None:
    attachments.keep(OWNER, DIGEST, CONTENT)
    assert attachments.open(OWNER, DIGEST) == CONTENT
    (file,) = kept(tmp_path)
    assert b"card" not in file.read_bytes()
    assert DIGEST not in str(file)
    (found,) = attachments.owners().items()
    assert found[0] == OWNER
    assert abs(found[1] / 1e6 - file.stat().st_mtime) < 0.01


def test_keeping_the_same_again_changes_nothing(
    attachments: FolderAttachments, tmp_path: Path, keys: KeysInMemory
) -> None:
    attachments.keep(OWNER, DIGEST, CONTENT)
    before = kept(tmp_path)[0].read_bytes()
    attachments.keep(OWNER, DIGEST, CONTENT)
    assert [file.read_bytes() for file in kept(tmp_path)] == [before]
    assert len(keys.keys) == 1


def test_what_is_not_there_or_of_another_message_is_missing(attachments: FolderAttachments) -> None:
    attachments.keep(OWNER, DIGEST, CONTENT)
    for owner, digest in ((OTHER, DIGEST), (OWNER, "0" * 64), ("../../etc", DIGEST)):
        with pytest.raises(Refused) as caught:
            attachments.open(owner, digest)
        assert caught.value.code == "attachment.missing"


def test_one_that_was_changed_or_moved_is_not_believed(attachments: FolderAttachments, tmp_path: Path) -> None:
    attachments.keep(OWNER, DIGEST, CONTENT)
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    for content in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"", b"unknown-key\n" + whole):
        file.write_bytes(content)
        with pytest.raises(Refused) as caught:
            attachments.open(OWNER, DIGEST)
        assert caught.value.code == "attachment.missing"


def test_one_whose_key_is_destroyed_is_erased(tmp_path: Path, keys: KeysInMemory) -> None:
    FolderAttachments(str(tmp_path / "attachments"), Sealer(bytes(32), keys)).keep(OWNER, DIGEST, CONTENT)
    keys.keys.clear()
    with pytest.raises(Refused) as caught:
        FolderAttachments(str(tmp_path / "attachments"), Sealer(bytes(32), keys)).open(OWNER, DIGEST)
    assert caught.value.code == "attachment.missing"


@pytest.mark.rule("R21")
def test_clearing_takes_those_of_one_message_and_may_be_repeated(
    attachments: FolderAttachments, tmp_path: Path
) -> None:
    attachments.keep(OWNER, DIGEST, CONTENT)
    attachments.keep(OTHER, DIGEST, CONTENT)
    for _ in range(2):
        attachments.clear(OWNER)
    assert list(attachments.owners()) == [OTHER]
    assert len(kept(tmp_path)) == 1


def test_before_anything_is_kept_there_is_nothing(attachments: FolderAttachments, tmp_path: Path) -> None:
    assert attachments.owners() == {}
    attachments.clear(OWNER)
    assert not (tmp_path / "attachments").exists()


def test_a_folder_that_cannot_be_used_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("a file in its place")
    attachments = FolderAttachments(str(tmp_path / "attachments"), Sealer(bytes(32), KeysInMemory()))
    with pytest.raises(Unavailable) as caught:
        attachments.keep(OWNER, DIGEST, CONTENT)
    assert caught.value.code == "attachment.unavailable"
    assert str(tmp_path) not in str(caught.value)
