"""Room for the home directory, and whether its file system can hold a database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from hub.doctor.verdict import Verdict, failed, ok, warning

MIB = 1024 * 1024
FAIL_BYTES, WARN_BYTES = 256 * MIB, 2048 * MIB
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs"})


def examine(home: Path, sqlite: bool) -> Iterator[Verdict]:
    """`sqlite`: the database lies in the home."""
    yield judge(home, shutil.disk_usage(home).free)
    if sqlite:
        yield kind(home, file_system(home, Path("/proc/mounts").read_text(encoding="utf-8")))


def judge(home: Path, free: int) -> Verdict:
    found = f"{free // MIB} MiB free for {home}"
    fix = f"df -h {home}; du -xh --max-depth=2 {home} | sort -h | tail"
    if free < FAIL_BYTES:
        return failed("disk.home", found, fix)
    return warning("disk.home", found, fix) if free < WARN_BYTES else ok("disk.home", found)


def kind(home: Path, file_system: str) -> Verdict:
    """SQLite's locks do not hold on network file systems."""
    if file_system in _REMOTE:
        fix = "move the home to a local disk, or set store_url in hub.toml to a PostgreSQL: postgresql://user:password@host/name"
        return failed("disk.kind", f"{home} is on {file_system}, where SQLite's locks do not hold", fix)
    return ok("disk.kind", f"{file_system}, local")


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that holds a path. `mounts`: as in /proc/mounts."""
    resolved = path.resolve()
    best, found = -1, "unknown"
    for line in mounts.splitlines():
        _device, place, kind, *_ = line.split()
        at = Path(place.replace("\\040", " "))
        if resolved.is_relative_to(at) and len(at.parts) >= best:
            best, found = len(at.parts), kind
    return found
