"""What the doors do with a sealed body, and the hub's keys that open it.

The keys lie in `keys/door` of the home, a file for each kid. The newest is handed out (`renkei door-key show`); every
one that lies there opens, so that partners change over in their own time. A key that is taken away opens nothing more.
"""

import stat
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from hub import jwe
from hub.errors import ConfigError, Refused
from hub.jwe import PrivateKey
from hub.key_file import write_new

LOOK_SECONDS = 10.0  # between looks for a kid that is not known: a stranger can name any


class DoorKeys:
    """The keys of one folder. Thread-safe; a key that is put there is found without a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, PrivateKey] = {}
        self._looked_at: float | None = None

    def add(self) -> PrivateKey:
        """Make a key, the newest from now on. Raises OSError."""
        kid, pem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{token_hex(3)}", PrivateKey.made()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_new(self._path(kid), pem)
        return PrivateKey(kid, pem)

    def kids(self) -> list[str]:
        """Oldest first."""
        return sorted(path.stem for path in self._folder.glob("*.pem"))

    def newest(self) -> PrivateKey | None:
        """The one partners seal to; None where there is none. Raises ConfigError."""
        kids = self.kids()
        return self._read(kids[-1]) if kids else None

    def load(self) -> None:
        """Read all of them. Raises ConfigError for a file that is no key, or that others can read."""
        self._known = {kid: self._read(kid) for kid in self.kids()}

    def find(self, kid: str) -> PrivateKey | None:
        """A file that cannot be used is as none here: `load` says so at the start, and `renkei doctor` at any time."""
        with self._lock:
            now = time.monotonic()
            if kid not in self._known and (self._looked_at is None or now - self._looked_at >= LOOK_SECONDS):
                self._looked_at = now
                with suppress(ConfigError):
                    self.load()
            return self._known.get(kid)

    def _read(self, kid: str) -> PrivateKey:
        path = self._path(kid)
        try:
            mode, pem = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path.name} cannot be read: {error.strerror}", "config.sealing_key") from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path.name} is accessible to other users: chmod 600", "config.sealing_key")
        return PrivateKey(kid, pem)

    def _path(self, kid: str) -> Path:
        return self._folder / f"{kid}.pem"


class Door:
    """`sealed_only`: partners from which nothing plain is taken."""

    def __init__(self, keys: DoorKeys | None = None, sealed_only: Collection[str] = ()) -> None:
        self._keys, self._sealed_only = keys, frozenset(sealed_only)

    def content(self, partner: str, content_type: str | None, body: bytes, most: int, message_id: str) -> bytes:
        """What a partner said. Raises Refused `receive.sealed`, `receive.sealed_id`, `receive.plain`."""
        if content_type == jwe.CONTENT_TYPE:
            return jwe.open_sealed(body, self._find, most, message_id)
        if partner in self._sealed_only:
            raise Refused("receive.plain", f"{partner} seals its messages; content_type must be {jwe.CONTENT_TYPE}")
        return body

    def _find(self, kid: str) -> PrivateKey | None:
        return None if self._keys is None else self._keys.find(kid)
