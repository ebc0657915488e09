"""Folders that hold what the hub needs beside the database: attachments under way, and whom the city trusts."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.home import Home

_SOON = timedelta(days=2)
_BEGIN = b"-----BEGIN X509 CRL-----"


def attachments(home: Home, url: str | None) -> Verdict:
    """The home's own folder is made when it is needed; one elsewhere is told."""
    if url is not None:
        return ok("attachments", "attachments lie, sealed, in the folder of attachments_url, which was not looked at")
    folder = home.attachments
    if not folder.exists():
        if os.access(home.root, os.W_OK | os.X_OK):
            return ok("attachments", "none yet: the folder is made for the first one")
        fix = f"chmod 700 {home.root}; or be the user the home belongs to"
        return failed("attachments", f"{home.root} cannot be written by this user", fix)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        fix = f"chown -R --reference={home.root} {folder}; chmod 700 {folder}"
        return failed("attachments", "the folder attachments cannot be written by this user", fix)
    return ok("attachments", "the folder takes attachments")


def trust(options: Mapping[str, str], now: datetime) -> Iterator[Verdict]:
    """`options`: folder by connector. Certificates of authorities, and the current revocation list of each (R15)."""
    for name, given in sorted(options.items()):
        yield _trusted(f"trust.{name}", Path(given), now)


def _trusted(check: str, folder: Path, now: datetime) -> Verdict:
    if not folder.exists():
        return ok(check, f"there is no folder {folder}: nothing that is signed is taken in")
    fix = f"put the authorities' current anchors.pem and revocations.pem into {folder}"
    try:
        anchors = x509.load_pem_x509_certificates((folder / "anchors.pem").read_bytes())
        parts = (folder / "revocations.pem").read_bytes().split(_BEGIN)[1:]
        lists = {one.issuer: one for one in (x509.load_pem_x509_crl(_BEGIN + part) for part in parts)}
    except OSError as error:
        return failed(check, f"{folder}: {error.strerror}", fix)
    except ValueError:
        return failed(check, f"{folder} holds no PEM certificates or lists", fix)
    ends = [lists[one.subject].next_update_utc for one in anchors if one.subject in lists]
    if not anchors or len(ends) < len(anchors):
        return failed(check, f"{folder}: an authority has no revocation list", fix)
    first = min(end or datetime.min.replace(tzinfo=UTC) for end in ends)
    if first < now:
        return failed(check, f"{folder}: a revocation list is not current: nothing signed is taken in", fix)
    if (written := _writable_by_others(folder)) is not None:
        return failed(check, f"{written} can be changed by other users", f"chmod go-w {written}")
    found = f"{len(anchors)} authorities, revocation lists current until {first:%Y-%m-%d %H:%M} UTC"
    return warning(check, found, fix) if first < now + _SOON else ok(check, found)


def _writable_by_others(folder: Path) -> Path | None:
    paths = (folder, folder / "anchors.pem", folder / "revocations.pem")
    return next((path for path in paths if path.stat().st_mode & 0o022), None)
