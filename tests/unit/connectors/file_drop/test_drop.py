"""Files for a partner: whole or not there, once per key, and not done before the receipt."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.file_drop import FileDropConnector
from connectors.file_drop import folders as folders_module
from hub.errors import ConfigError, Pending, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import ConnectorSettings, SendContext, Wire

FIRST, KEY = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NAME = f"{FIRST}_{KEY}.csv"
WIRE = Wire("test.list", b"H\r\nT\r\n", "text/csv; charset=cp932")
OK = f"OK {hashlib.sha256(WIRE.content).hexdigest()}\r\n".encode()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("to_partner", "receipts"):
        (tmp_path / name).mkdir()
    return tmp_path


def send(root: Path, wire: Wire = WIRE, context: SendContext | None = None) -> object:
    subject = FileDropConnector(ConnectorSettings("test", root.as_uri()), {"test.list": lambda document: document})
    return subject.send(wire, context or SendContext(KEY, FIRST))


def refusal(act: Callable[[], object], kind: type[RenkeiError]) -> str:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.code


def test_the_file_lies_there_under_ids_alone_and_the_message_waits(root: Path) -> None:
    refusal(lambda: send(root), Pending)

    assert [file.name for file in (root / "to_partner").iterdir()] == [NAME]
    assert (root / "to_partner" / NAME).read_bytes() == WIRE.content


def test_it_is_done_with_the_receipt_of_this_very_file(root: Path) -> None:
    (root / "receipts" / NAME).write_bytes(OK)

    assert send(root) == ()
    assert list((root / "to_partner").iterdir()) == []  # not dropped a second time
    assert send(root) == ()


def test_asking_again_leaves_the_file_alone(root: Path) -> None:
    refusal(lambda: send(root), Pending)
    before = (root / "to_partner" / NAME).stat()
    refusal(lambda: send(root), Pending)

    after = (root / "to_partner" / NAME).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize(
    ("receipt", "code"),
    [
        (b"NG\r\n", "deliver.rejected"),
        (b"", "reply.invalid"),
        (b"OK\r\n", "reply.invalid"),
        (b"OK " + b"0" * 64 + b"\r\n", "reply.invalid"),  # of another content: it was damaged on its way
        (OK.strip() + b" extra\r\n", "reply.invalid"),
        (OK + OK, "reply.invalid"),
        (b"\x81" * 10_000, "reply.invalid"),
    ],
)
def test_any_other_receipt_is_a_refusal_and_a_replay_drops_the_file_anew(root: Path, receipt: bytes, code: str) -> None:
    (root / "receipts" / NAME).write_bytes(receipt)
    assert refusal(lambda: send(root), Refused) == code

    refusal(lambda: send(root), Pending)
    assert (root / "to_partner" / NAME).exists()


def test_another_file_under_the_name_is_never_overwritten(root: Path) -> None:
    (root / "to_partner" / NAME).write_bytes(b"something else")

    assert refusal(lambda: send(root), Refused) == "deliver.rejected"
    assert (root / "to_partner" / NAME).read_bytes() == b"something else"


@pytest.mark.parametrize("missing", ["to_partner", "receipts"])
def test_a_share_that_is_not_mounted_is_an_outage_and_not_made(root: Path, missing: str) -> None:
    (root / missing).rmdir()

    assert refusal(lambda: send(root), Unavailable) == "deliver.unavailable"
    assert not (root / missing).exists()


def test_a_full_disk_is_tried_again_and_leaves_no_half_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Retryable) as caught:
        send(root)
    assert not isinstance(caught.value, Unavailable)
    assert list((root / "to_partner").iterdir()) == []


def test_nobody_sees_half_a_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: the names a partner would look for, at the moment the content is being brought to disk
    seen: list[str] = []
    sync = os.fsync

    def looking(handle: int) -> None:
        seen.extend(file.name for file in (root / "to_partner").iterdir() if folders_module.NAME.fullmatch(file.name))
        sync(handle)
        if seen == []:
            seen.append("nothing")

    monkeypatch.setattr(os, "fsync", looking)
    refusal(lambda: send(root), Pending)

    assert seen[0] == "nothing"
    assert seen[1:] == [NAME]  # when the folder itself is flushed


@pytest.mark.parametrize("bad", ["../../etc/passwd", "A" * 36, "", "11111111-1111-4111-8111-11111111111/"])
def test_ids_that_are_no_uuids_make_no_name(root: Path, bad: str) -> None:
    for context in (SendContext(bad, FIRST), SendContext(KEY, bad)):
        assert refusal(lambda context=context: send(root, context=context), Refused) == "deliver.rejected"  # type: ignore[misc]
    assert list((root / "to_partner").iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "file://elsewhere/folder", "amqp:"])
def test_another_address_is_refused_at_start(url: str) -> None:
    with pytest.raises(ConfigError):
        FileDropConnector(ConnectorSettings("test", url), {})
