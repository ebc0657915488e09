"""The master key: every data key of the store is wrapped under one, and where the ones in use are read from.

A first key is 32 random bytes, of which everything is derived. One that takes its place wraps with 32 bytes of its own
and brings the three keys of hashes along: persons are named by keyed hashes in rows that nobody can compute anew.
"""

import os
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import ConfigError
from hub.home import Home
from hub.key_file import write_new

KEY_BYTES = 32
SIZES = (KEY_BYTES, 4 * KEY_BYTES)  # of a first key, and of one that took another's place
_PURPOSES = (b"digest", b"alias", b"audit")
_COMMAND_SECONDS = 30.0
_MOST_OUTPUT = 64 * 1024
_LOOK_EVERY = 1.0  # seconds: how often a key that is missing is looked for again


@dataclass(frozen=True, slots=True)
class MasterKey:
    """`id` says which it is and nothing of it; `raw`: as it is kept."""

    raw: bytes = field(repr=False)
    id: str
    wrapping: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    alias: bytes = field(repr=False)
    audit: bytes = field(repr=False)

    @classmethod
    def read(cls, raw: bytes) -> "MasterKey":
        """Raises ValueError for another number of bytes than those of `SIZES`."""
        if len(raw) not in SIZES:
            raise ValueError(f"has {len(raw)} bytes, expected {SIZES[0]} or {SIZES[1]}")
        own, rest = raw[:KEY_BYTES], raw[KEY_BYTES:]
        parts = [rest[start : start + KEY_BYTES] for start in range(0, len(rest), KEY_BYTES)]
        digest, alias, audit = parts or [_derive(own, purpose) for purpose in _PURPOSES]
        return cls(raw, _derive(own, b"id")[:8].hex(), _derive(own, b"wrap"), digest, alias, audit)

    def successor(self) -> bytes:
        """A new key that takes this one's place, as it is kept."""
        return os.urandom(KEY_BYTES) + self.digest + self.alias + self.audit

    def continues(self, other: "MasterKey") -> bool:
        """Whether both are of one installation."""
        return (self.digest, self.alias, self.audit) == (other.digest, other.alias, other.audit)


class KeyRing:
    """The master keys that can be read here, the newest first. Thread-safe.

    `read` is asked again when a data key is wrapped under one that is not among them: a rotation has begun meanwhile.
    Raises ConfigError `config.key_file`, `config.key_command`, also when it is made.
    """

    def __init__(self, read: Callable[[], Sequence[MasterKey]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: dict[str, MasterKey] = {}
        self._missed: dict[str, float] = {}  # when it was last looked for in vain
        self._look()

    @classmethod
    def of(cls, *raw: bytes) -> "KeyRing":
        """Of keys that are at hand, the newest first."""
        return cls(lambda: [MasterKey.read(one) for one in raw])

    @property
    def newest(self) -> MasterKey:
        return self.keys[0]

    @property
    def first(self) -> MasterKey:
        """The one in use where the store has not been told of another."""
        return self.keys[-1]

    @property
    def keys(self) -> list[MasterKey]:
        with self._lock:
            return list(self._known.values())

    def find(self, key_id: str) -> MasterKey | None:
        """Looks again where it is not known."""
        with self._lock:
            now = time.monotonic()
            if key_id not in self._known and now - self._missed.get(key_id, -_LOOK_EVERY) >= _LOOK_EVERY:
                self._missed = {key_id: now}
                self._look()
            return self._known.get(key_id)

    def _look(self) -> None:
        found = self._read()
        if any(not one.continues(found[0]) for one in found):
            raise ConfigError("these master keys are not of one installation", "config.key_file")
        self._known = {one.id: one for one in found}


def create_master_key(path: Path, raw: bytes | None = None) -> None:
    """Write a new master key, readable by the owner only. Raises FileExistsError: never overwrites one."""
    write_new(path, raw or os.urandom(KEY_BYTES))


def load_master_key(path: Path) -> MasterKey:
    """Read one. Raises ConfigError `config.key_file` when it is missing, readable by others, or damaged."""
    try:
        mode = path.stat().st_mode
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", "config.key_file") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path.name} is accessible to other users: chmod 600", "config.key_file")
    try:
        return MasterKey.read(raw)
    except ValueError as error:
        raise ConfigError(f"{path.name} {error}", "config.key_file") from None


def in_files(home: Home) -> list[MasterKey]:
    """The keys of a home: the one that is to take the other's place first. Raises ConfigError `config.key_file`."""
    coming = [load_master_key(home.next_master_key)] if home.next_master_key.exists() else []
    return [*coming, load_master_key(home.master_key)]


def printed_by(command: Sequence[str]) -> list[MasterKey]:
    """The keys a command prints, in hexadecimal, one a line, the newest first. No shell; 30 seconds.

    Raises ConfigError `config.key_command`; nothing that was printed is ever told.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{command[0]} did not end within {_COMMAND_SECONDS:g} s", "config.key_command") from None
    except OSError as error:
        raise ConfigError(f"{command[0]} cannot be run: {error.strerror}", "config.key_command") from None
    if done.returncode:
        raise ConfigError(f"{command[0]} ended with {done.returncode}", "config.key_command")
    lines = done.stdout[:_MOST_OUTPUT].split()
    try:
        found = [MasterKey.read(bytes.fromhex(line.decode("ascii"))) for line in lines]
    except ValueError:
        raise ConfigError(f"{command[0]} printed something that is no key", "config.key_command") from None
    if not found:
        raise ConfigError(f"{command[0]} printed nothing", "config.key_command")
    return found


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"renkei/" + purpose).derive(key)
