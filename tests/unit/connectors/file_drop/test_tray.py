"""Files from a partner: complete ones only, oldest first, moved aside when they are in safe keeping."""

import os
from pathlib import Path

import pytest

from connectors.file_drop import FileTray
from hub.errors import Refused, Unavailable
from hub.ports.connector import ConnectorSettings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("from_partner", "collected"):
        (tmp_path / name).mkdir()
    return tmp_path


def reading(content: bytes) -> bytes:
    if content.startswith(b"bad"):
        raise Refused("validate.encoding", "line 1 is bad")
    return b"<a>" + content + b"</a>"


def tray(root: Path, most: int = 1000) -> FileTray:
    return FileTray(ConnectorSettings("test", root.as_uri(), max_reply_bytes=most), "test.file", reading)


def lay_out(root: Path, name: str, content: bytes, at: int) -> None:
    (root / "from_partner" / name).write_bytes(content)
    os.utime(root / "from_partner" / name, (at, at))


def test_oldest_first_and_nothing_is_changed(root: Path) -> None:
    for at, name in enumerate(("c.csv", "a.csv", "b.csv")):
        lay_out(root, name, name.encode(), at)

    subject = tray(root)
    found = subject.collect(2)

    assert [(one.key, one.document) for one in found] == [("c.csv", b"<a>c.csv</a>"), ("a.csv", b"<a>a.csv</a>")]
    assert subject.collect(2) == found


def test_what_is_confirmed_is_moved_aside_and_confirming_twice_is_nothing_more(root: Path) -> None:
    lay_out(root, "a.csv", b"1", 1)
    subject = tray(root)
    subject.confirm(["a.csv"])
    subject.confirm(["a.csv"])

    assert subject.collect(9) == []
    assert (root / "collected" / "a.csv").read_bytes() == b"1"


@pytest.mark.parametrize("name", [".a.csv", ".a.csv.tmp", "a.csv.tmp", "a.txt", "山田.csv", "a b.csv"])
def test_a_file_without_a_plain_name_is_not_there_yet(root: Path, name: str) -> None:
    lay_out(root, name, b"1", 1)
    assert tray(root).collect(9) == []


def test_what_cannot_be_read_comes_with_its_fault_and_holds_up_nobody(root: Path) -> None:
    lay_out(root, "a.csv", b"bad", 1)
    lay_out(root, "b.csv", b"2", 2)

    first, second = tray(root).collect(9)

    assert first.fault is not None
    assert (first.fault.code, first.document) == ("validate.encoding", b"bad")
    assert second.fault is None


def test_a_file_that_is_too_large_is_a_fault_and_the_others_fit_into_memory(root: Path) -> None:
    lay_out(root, "a.csv", b"x" * 101, 1)
    lay_out(root, "b.csv", b"y" * 60, 2)
    lay_out(root, "c.csv", b"z" * 60, 3)
    subject = tray(root, most=100)

    (first,) = subject.collect(9)
    assert first.fault is not None
    assert first.fault.code == "receive.too_large"
    subject.confirm(["a.csv"])
    assert [one.key for one in subject.collect(9)] == ["b.csv"]


@pytest.mark.parametrize("missing", ["from_partner", "collected"])
def test_a_share_that_is_not_mounted_is_an_outage(root: Path, missing: str) -> None:
    (root / missing).rmdir()
    with pytest.raises(Unavailable):
        subject = tray(root)
        subject.collect(9)
        subject.confirm(["a.csv"])
    assert not (root / missing).exists()
