"""What the doctor says of the record: its key, its checkpoints, its last check (R48, R49)."""

from pathlib import Path

import pytest

from hub.audit.outside import OutsideFile
from hub.audit.signing import Signer, SigningKeys, create_signing_key
from hub.doctor import record
from hub.doctor.verdict import Status
from hub.home import Home
from hub.ports.audit import Head

OK, W, F = Status.OK, Status.WARNING, Status.FAILED
NOW = 100 * record.DAY_US
SIGNER = Signer(b"s" * 32, "141305")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    tmp_path.chmod(0o700)
    made = Home(tmp_path)
    create_signing_key(made.audit_key)
    return made


def covers(home: Home, *sizes: int) -> None:
    OutsideFile(home.checkpoints).append([(size, SIGNER.note(size, bytes(32), 7)) for size in sizes])


def test_a_signing_key_that_is_missing_open_or_damaged(home: Home) -> None:
    assert record.signing_key(home, "renkei").status is OK

    home.audit_key.chmod(0o644)
    assert record.signing_key(home, "renkei").fix == f"chmod 600 {home.audit_key}"
    home.audit_key.chmod(0o600)
    home.audit_key.write_bytes(b"short")
    assert "has 5 bytes" in record.signing_key(home, "renkei").found
    home.audit_key.unlink()
    told = record.signing_key(home, "renkei")
    assert told.status is F
    assert "audit key --make" in told.fix


def test_whether_this_host_has_the_key_in_force(home: Home) -> None:
    def told(key: str | None) -> tuple[Status, str]:
        found = record.in_force(home, "141305", key, "renkei")
        return found.status, found.fix

    own = SigningKeys(home.audit_key, home.next_audit_key, "141305").first
    assert told(None)[0] is OK
    assert told(own.key_text)[0] is OK
    assert told(SIGNER.key_text)[0] is F

    create_signing_key(home.next_audit_key)
    status, fix = told(None)
    assert status is W
    assert "hand-over" in fix
    new = SigningKeys(home.audit_key, home.next_audit_key, "141305").successor
    assert new is not None
    assert told(new.key_text) == (W, f"mv {home.next_audit_key} {home.audit_key}")
    home.next_audit_key.chmod(0o644)
    assert told(None)[0] is F


def test_checkpoints_that_have_come_as_far_as_the_database_says(home: Home) -> None:
    assert record.checkpoints(home, Head(0, 0)).status is OK
    covers(home, 3, 9)
    assert record.checkpoints(home, Head(9, 9)).status is OK
    assert record.checkpoints(home, Head(12, 9)).status is OK


@pytest.mark.parametrize(
    ("head", "said"),
    [(Head(20, 12), "covers 9 rows, and has covered 12"), (Head(5, 5), "covers 9 rows, the database has 5")],
)
def test_a_position_that_is_behind_or_ahead(home: Home, head: Head, said: str) -> None:
    covers(home, 3, 9)

    told = record.checkpoints(home, head)

    assert told.status is F
    assert said in told.found
    assert told.fix


def test_a_folder_of_checkpoints_that_is_gone_or_open(home: Home) -> None:
    assert record.checkpoints(home, Head(9, 9)).status is F
    covers(home, 9)
    home.checkpoints.chmod(0o755)
    assert record.checkpoints(home, Head(9, 9)).fix == f"chmod 700 {home.checkpoints}"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (Head(0, 0), OK),
        (Head(5, 5), W),
        (Head(5, 5, None, NOW), OK),
        (Head(5, 5, None, NOW - record.DAY_US), OK),
        (Head(5, 5, None, NOW - 2 * record.DAY_US), W),
        (Head(5, 5, None, NOW - 8 * record.DAY_US), F),
    ],
)
def test_when_it_was_last_found_right(head: Head, status: Status) -> None:
    told = record.verified(head, NOW, "renkei --home x")

    assert told.status is status
    assert told.fix == ("" if status is OK else "renkei --home x audit verify")
