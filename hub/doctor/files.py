"""Who can read the files of the home directory: settings, master key, passwords, database (promise 7)."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from hub.doctor.verdict import Verdict, failed, ok
from hub.home import Home
from hub.master_key import SIZES

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine(home: Home) -> Iterator[Verdict]:
    """Mode and owner of what is secret. `home.root` must exist."""
    yield private("home", home.root, home)
    yield private("settings.file", home.settings_file, home)
    yield master_key(home)
    if home.database.exists():
        yield private("database.file", home.database, home)


def private(check: str, path: Path, home: Home) -> Verdict:
    """A file or folder that is there, belongs to whom the home belongs to, and is closed to everybody else."""
    problem = _problem(path, home)
    return failed(check, *problem) if problem else ok(check, f"{_shown(path, home)} is closed to others")


def master_key(home: Home) -> Verdict:
    """The key file: there, private, of the right length. Whether it opens the store's keys is another check."""
    path = home.master_key
    if not path.exists():
        return failed(
            "master_key.file",
            "keys/master.key is missing; without it no sealed body can be opened",
            f"install -m 600 /path/to/backup/master.key {path}",
        )
    problem = _problem(path, home)
    if problem:
        return failed("master_key.file", *problem)
    size = path.stat().st_size
    if size not in SIZES:
        found = f"keys/master.key has {size} bytes instead of {SIZES[0]} or {SIZES[1]}"
        return failed("master_key.file", found, f"install -m 600 /path/to/backup/master.key {path}")
    return ok("master_key.file", "keys/master.key is closed to others")


def passwords(home: Home, users: Iterable[str]) -> Verdict:
    """A password file for each broker user, private. The hub itself needs them at `topology apply` and at start."""
    names = list(users)
    problems = []
    for name in names:
        path = home.secrets / f"{name}.password"
        if not path.exists():
            fix = f"install -m 600 /dev/null {path}  # then write the broker user's password into it"
            problems.append((f"secrets/{path.name} is missing", fix))
        elif problem := _problem(path, home):
            problems.append(problem)
    if problems:
        return failed("secrets", *("; ".join(one[0] for one in problems), "\n".join(one[1] for one in problems)))
    return ok("secrets", f"{len(names)} passwords, closed to others")


def keys(home: Home, named: Iterable[Path]) -> Verdict:
    """Keys of certificates, and what the hub shows to token servers. `named`: keys that the settings name."""
    secret = {*named, *home.root.glob("tls/**/*.key"), *home.secrets.glob("*.client-secret")}
    problems = [problem for path in sorted(secret) if (problem := _problem(path, home))]
    if problems:
        return failed("keys.files", *("; ".join(one[0] for one in problems), "\n".join(one[1] for one in problems)))
    return ok("keys.files", f"{len(secret)} keys of certificates and client secrets, closed to others")


def _problem(path: Path, home: Home) -> tuple[str, str] | None:
    """(what is wrong, the command that repairs it)."""
    try:
        found = path.stat()
    except OSError as error:
        return f"{_shown(path, home)} cannot be looked at: {error.strerror}", f"ls -ld {path}"
    wanted = 0o700 if stat.S_ISDIR(found.st_mode) else 0o600
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        return f"{_shown(path, home)} is open to others (mode {mode:04o})", f"chmod {wanted:o} {path}"
    if found.st_uid != home.root.stat().st_uid:
        return f"{_shown(path, home)} belongs to another user than the home", f"chown --reference={home.root} {path}"
    return None


def _shown(path: Path, home: Home) -> str:
    inside = path != home.root and path.is_relative_to(home.root)
    return str(path.relative_to(home.root)) if inside else str(path)
