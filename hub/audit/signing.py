"""Signing checkpoints: an Ed25519 key in a file of its own, and notes as transparency logs sign them."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.audit.verifier import Checkpoint, key_id, key_text
from hub.errors import ConfigError

KEY_BYTES = 32


def origin(tenant: str) -> str:
    """The name of a municipality's record, and of its key."""
    return f"renkei-hub/{tenant}"


class Signer:
    """Signs the checkpoints of one municipality."""

    def __init__(self, key: bytes, tenant: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self._name = origin(tenant)
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_text(self) -> str:
        """The public key as it is handed out."""
        return key_text(self._name, self.public_key)

    def note(self, size: int, root: bytes, time: int) -> str:
        """A signed checkpoint. `time`: microseconds since 1970."""
        text = Checkpoint(self._name, size, root, time).text()
        signature = key_id(self._name, self.public_key) + self._key.sign(text.encode())
        return f"{text}\n\u2014 {self._name} {base64.b64encode(signature).decode()}\n"


def create_signing_key(path: Path) -> None:
    """Write a new key, readable by the owner only. Raises FileExistsError: never overwrites one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def load_signing_key(path: Path) -> bytes:
    """Raises ConfigError `config.key_file` where it is missing, readable by others, or damaged."""
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        detail = f"{path.name} cannot be read: {error.strerror}; restore it, or run `renkei audit key --make`"
        raise ConfigError(detail, "config.key_file") from None
    if mode & 0o077:
        raise ConfigError(f"{path.name} is accessible to other users: chmod 600", "config.key_file")
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path.name} has {len(key)} bytes, expected {KEY_BYTES}", "config.key_file")
    return key
