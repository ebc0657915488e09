"""What the doctor says of the folders beside the database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.doctor import keeping
from hub.doctor.verdict import Status, Verdict
from hub.home import Home
from hub.sandbox.authority import write_trust

OK, W, F = Status.OK, Status.WARNING, Status.FAILED


def test_attachments(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert keeping.attachments(home, None).status is OK
    home.attachments.mkdir()
    assert keeping.attachments(home, None).status is OK
    assert "not looked at" in keeping.attachments(home, "s3://bucket").found


def test_a_folder_for_attachments_that_nobody_can_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    home.attachments.mkdir()
    monkeypatch.setattr(keeping.os, "access", lambda *_: False)  # the superuser may everything

    told = keeping.attachments(home, None)

    assert told.status is F
    assert f"chmod 700 {home.attachments}" in told.fix


def trusted(folder: Path, at: datetime | None = None) -> Verdict:
    [told] = keeping.trust({"portal": str(folder)}, at or datetime.now(UTC))
    assert told.check == "trust.portal"
    return told


def test_whom_the_city_trusts(tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    assert "nothing that is signed is taken in" in trusted(folder).found
    write_trust(folder)
    assert "revocation lists current until" in trusted(folder).found

    late = datetime.now(UTC) + timedelta(days=4000)
    assert trusted(folder, late).status is F
    assert "is not current" in trusted(folder, late).found
    (folder / "anchors.pem").chmod(0o666)
    assert trusted(folder).fix == f"chmod go-w {folder / 'anchors.pem'}"


@pytest.mark.parametrize("broken", ["anchors.pem", "revocations.pem"])
def test_a_trust_folder_with_a_file_missing_or_broken(tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "trust"
    write_trust(folder)
    (folder / broken).write_text("-----BEGIN X509 CRL-----\nnothing\n-----END X509 CRL-----\n")
    assert trusted(folder).status is F
    (folder / broken).unlink()
    assert trusted(folder).status is F
    assert "anchors.pem and revocations.pem" in trusted(folder).fix


def test_a_list_that_ends_soon_is_told_before(tmp_path: Path) -> None:
    from cryptography import x509

    folder = tmp_path / "trust"
    write_trust(folder)
    part = (folder / "revocations.pem").read_bytes()
    end = x509.load_pem_x509_crl(part).next_update_utc
    assert end is not None

    assert trusted(folder, end - timedelta(hours=30)).status is W
