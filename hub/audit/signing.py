"""Signing checkpoints: an Ed25519 key in a file of its own, and notes as transparency logs sign them."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.audit.verifier import Checkpoint, Handover, key_id, key_text
from hub.errors import ConfigError
from hub.key_file import write_new

KEY_BYTES = 32
_NOT_HERE = (
    "the record is signed with a key that was handed over to and is not on this host; copy it to keys/audit.new.key, or"
    " to keys/audit.key, mode 600"
)


def origin(tenant: str) -> str:
    """The name of a municipality's record, and of its key."""
    return f"renkei-hub/{tenant}"


class Signer:
    """Signs the checkpoints of one municipality."""

    def __init__(self, key: bytes, tenant: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.name = origin(tenant)
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_text(self) -> str:
        """The public key as it is handed out."""
        return key_text(self.name, self.public_key)

    def note(self, size: int, root: bytes, time: int, key: str | None = None) -> str:
        """A signed checkpoint. `time`: microseconds since 1970; `key`: the one in force, None where none was ever
        changed. Raises ConfigError where that is another one."""
        if key not in (None, self.key_text):
            raise ConfigError(_NOT_HERE, "config.key_file")
        text = Checkpoint(self.name, size, root, time).text()
        return f"{text}\n{self._signature(text)}"

    def hand_over(self, new: "Signer", size: int, root: bytes, time: int) -> str:
        """What both keys sign, see `verifier.Handover`."""
        text = Handover(Checkpoint(self.name, size, root, time), self.public_key, new.public_key).text()
        return f"{text}\n{self._signature(text)}{new._signature(text)}"

    def _signature(self, text: str) -> str:
        signature = key_id(self.name, self.public_key) + self._key.sign(text.encode())
        return f"\u2014 {self.name} {base64.b64encode(signature).decode()}\n"


class SigningKeys:
    """The key of this host, and the one that is about to take its place, read again where neither is in force."""

    def __init__(self, key: Path, next_key: Path, tenant: str) -> None:
        """Raises ConfigError `config.key_file`."""
        self._paths, self._tenant = (key, next_key), tenant
        self._signers = self._read()

    @property
    def first(self) -> Signer:
        """That of `keys/audit.key`."""
        return self._signers[0]

    @property
    def successor(self) -> Signer | None:
        return self._signers[1] if len(self._signers) > 1 else None

    def in_force(self, key: str | None) -> Signer:
        """`key`: by the record, None where none was ever changed. Raises ConfigError `config.key_file`."""
        if key is None:
            return self.first
        if (found := self._called(key)) is None:
            self._signers = self._read()
            found = self._called(key)
        if found is None:
            raise ConfigError(_NOT_HERE, "config.key_file")
        return found

    def note(self, size: int, root: bytes, time: int, key: str | None) -> str:
        """A checkpoint signed by the key in force. Raises ConfigError `config.key_file`."""
        return self.in_force(key).note(size, root, time, key)

    def _called(self, key: str) -> Signer | None:
        return next((one for one in self._signers if one.key_text == key), None)

    def _read(self) -> list[Signer]:
        key, next_key = self._paths
        paths = [key, next_key] if next_key.exists() else [key]
        return [Signer(load_signing_key(path), self._tenant) for path in paths]


def create_signing_key(path: Path) -> None:
    """Write a new key, readable by the owner only. Raises FileExistsError: never overwrites one."""
    write_new(path, os.urandom(KEY_BYTES))


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
