"""The record: the key that signs it, its checkpoints outside, and when it was last found right (R48, R49)."""

import os
from collections.abc import Iterator

from hub.audit.outside import NAME, OutsideFile
from hub.audit.signing import SigningKeys, load_signing_key
from hub.doctor.files import private
from hub.doctor.verdict import Status, Verdict, failed, ok, warning
from hub.errors import ConfigError
from hub.home import Home
from hub.ports.audit import Head

DAY_US = 86_400 * 1_000_000
WARN_DAYS, FAIL_DAYS = 2, 8


def examine(home: Home, tenant: str, head: Head, now: int, renkei: str) -> Iterator[Verdict]:
    usable = signing_key(home, renkei)
    yield usable
    if usable.status is Status.OK:
        yield in_force(home, tenant, head.key, renkei)
    yield checkpoints(home, head)
    yield verified(head, now, renkei)


def signing_key(home: Home, renkei: str) -> Verdict:
    """Without it no checkpoint is made, and after a minute nothing leaves the city."""
    path = home.audit_key
    if not path.exists():
        fix = (
            f"install -m 600 /path/to/backup/audit.key {path}\n"
            f"only where it is lost: {renkei} audit key --make  # and make the new public key known"
        )
        return failed("audit.key", "keys/audit.key is missing: the record cannot be signed", fix)
    closed = private("audit.key", path, home)
    if closed.status is not Status.OK:
        return closed
    try:
        load_signing_key(path)
    except ConfigError as error:
        return failed("audit.key", error.detail, f"install -m 600 /path/to/backup/audit.key {path}")
    return closed


def in_force(home: Home, tenant: str, key: str | None, renkei: str) -> Verdict:
    """Whether this host can sign with the key that was last handed over to; `key` None: none ever was."""
    try:
        keys = SigningKeys(home.audit_key, home.next_audit_key, tenant)
    except ConfigError as error:
        return failed("audit.in_force", error.detail, f"chmod 600 {home.next_audit_key}; ls -l {home.next_audit_key}")
    waiting = keys.successor
    if key is not None and waiting is not None and waiting.key_text == key:
        fix = f"mv {home.next_audit_key} {home.audit_key}"
        return warning("audit.in_force", "the key in force still lies in keys/audit.new.key", fix)
    if key not in (None, keys.first.key_text):
        fix = f"install -m 600 /path/from/the/other/host/audit.key {home.audit_key}"
        return failed("audit.in_force", "this host cannot sign: another key was handed over to, and is not here", fix)
    if waiting is not None:
        fix = f"{renkei} audit hand-over --reason TEXT  # once every host has it"
        return warning("audit.in_force", "keys/audit.new.key waits, and nothing uses it", fix)
    return ok("audit.in_force", "this host signs with the key in force")


def checkpoints(home: Home, head: Head) -> Verdict:
    """The folder takes checkpoints, and the file has come as far as the database says it has."""
    folder, file = home.checkpoints, OutsideFile(home.checkpoints)
    if not folder.exists():
        if head.anchored == 0:
            return ok("audit.checkpoints", "none yet: a delivering process makes the folder")
        found = f"the folder checkpoints is gone; it held checkpoints of {head.anchored} rows"
        fix = f"put it back from where it was moved or backed up to: {folder}"
        return failed("audit.checkpoints", found, fix)
    if not os.access(folder, os.W_OK | os.X_OK) or (file.path.exists() and not os.access(file.path, os.R_OK | os.W_OK)):
        fix = f"chown -R --reference={home.root} {folder}; chmod 700 {folder}"
        return failed("audit.checkpoints", f"{folder.name}/{NAME} cannot be written by this user", fix)
    closed = private("audit.checkpoints", folder, home)
    if closed.status is not Status.OK:
        return closed
    try:
        last = file.last_size()
    except ConfigError as error:
        return failed("audit.checkpoints", error.detail, f"ls -l {folder}")
    if last > head.size:
        found = f"{folder.name}/{NAME} covers {last} rows, the database has {head.size}: it was restored or cut"
        return failed("audit.checkpoints", found, "see ops/runbooks/record.md: stop, and change nothing")
    if last < head.anchored:
        found = f"{folder.name}/{NAME} covers {max(last, 0)} rows, and has covered {head.anchored}"
        return failed("audit.checkpoints", found, "put back the whole file; if nobody cut it: ops/runbooks/record.md")
    return ok("audit.checkpoints", f"{head.anchored} of {head.size} rows are covered outside the database")


def verified(head: Head, now: int, renkei: str) -> Verdict:
    """The hub does it by itself once a day."""
    if head.verified_at is None:
        if head.size == 0:
            return ok("audit.verified", "nothing to verify yet")
        days, found = None, "the record was never found right"
    else:
        days = (now - head.verified_at) // DAY_US
        found = f"the record was found right {days} days ago" if days > 0 else "the record was found right today"
    fix = f"{renkei} audit verify"
    if days is not None and days >= FAIL_DAYS:
        return failed("audit.verified", found, fix)
    return warning("audit.verified", found, fix) if days is None or days >= WARN_DAYS else ok("audit.verified", found)
