"""Service discovery for Prometheus: one file per process in the home's folder `targets`, as file_sd_configs reads them.

Written when the process serves its metrics, removed when it ends in order. What a killed process leaves is wanted: its
target is down, which alarms, until a process of the same address or of the same host comes up and clears it away.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not listened on
# Prometheus drops labels of this form once it has its targets: a restarted process goes on with the same series.
_HOST, _PID = "__meta_renkei_host", "__meta_renkei_pid"
_log = structlog.get_logger("hub.targets")


@contextmanager
def announced(folder: Path, host: str, port: int, role: str) -> Iterator[None]:
    """Around the life of a process that serves its metrics at `host:port`. A folder that cannot be written is logged:
    the hub works without being watched.
    """
    name = socket.gethostname()
    address = f"{name if host in _EVERYWHERE else host}:{port}"
    file = folder / f"{name}-{port}.json"
    try:
        _clear(folder, name)
        _write(file, [{"targets": [address], "labels": {"role": role, _HOST: name, _PID: str(os.getpid())}}])
    except OSError as error:
        _log.warning("not_announced", error=error.strerror or type(error).__name__)
    try:
        yield
    finally:
        with suppress(OSError):  # a folder that cannot be written was told of above
            file.unlink(missing_ok=True)


def _clear(folder: Path, host: str) -> None:
    """Remove what processes of this host that no longer run have left."""
    for file in folder.glob("*.json"):
        labels = _labels(file)
        if labels.get(_HOST) == host and not _runs(labels.get(_PID, "")):
            file.unlink(missing_ok=True)


def _labels(file: Path) -> dict[str, str]:
    """Of what a process of the hub wrote; nothing of any other file."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))[0]["labels"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):  # another user's, or not a number: not ours to judge
        return True
    return True


def _write(file: Path, value: object) -> None:
    """Whole or not at all: Prometheus reads it at any moment."""
    if not file.parent.is_dir():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o755)  # Prometheus runs as another user, whatever the umask is; what lies above is closed
    fresh = file.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(file)
