"""A key file is there whole, for its owner alone, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.audit.signing import create_signing_key, load_signing_key
from hub.door import DoorKeys
from hub.key_file import write_new
from hub.master_key import create_master_key, load_master_key


def test_it_is_for_its_owner_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_new(tmp_path / "keys/one.key", b"secret")

    assert (tmp_path / "keys/one.key").read_bytes() == b"secret"
    assert (tmp_path / "keys/one.key").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["one.key"]


def test_none_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "one.key"
    write_new(path, b"secret")

    with pytest.raises(FileExistsError):
        write_new(path, b"another")

    assert path.read_bytes() == b"secret"
    assert [one.name for one in tmp_path.iterdir()] == ["one.key"]


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: create_master_key(folder / "master.new.key"),
        lambda folder: create_signing_key(folder / "audit.new.key"),
        lambda folder: DoorKeys(folder).add(),
    ],
    ids=["master", "audit", "door"],
)
def test_what_ends_before_it_is_on_the_disk_leaves_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    """Half a key would be found by every process, and by the next attempt to make one."""

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            make(tmp_path)
    assert list(tmp_path.iterdir()) == []

    make(tmp_path)

    [path] = tmp_path.iterdir()
    match path.name:
        case "master.new.key":
            load_master_key(path)
        case "audit.new.key":
            load_signing_key(path)
        case _:
            assert DoorKeys(tmp_path).newest() is not None
