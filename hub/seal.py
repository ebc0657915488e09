"""Sealed bodies and keyed hashes. The only place that sees an unwrapped key.

Queue bodies are sealed under a rotating epoch key, stored bodies under the data key of the person, or under a case
key where several persons or none are known. Data keys lie in the store, wrapped by a key derived from the master key,
which lies in a file. Identifiers leave a sealed body only as keyed hashes (promise 7): a plain hash of a 12-digit
number can be guessed.
"""

import hmac
import os
import stat
import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.clock import now_us
from hub.errors import ConfigError, Refused
from hub.ports.store import Alias, Keys, PersonRef, SealedBody, WrappedKey

KEY_BYTES = 32
NONCE_BYTES = 12
EPOCH_US = 24 * 3600 * 1_000_000
_CACHED_KEYS = 4096


def create_master_key(path: Path) -> None:
    """Write a new random master key, readable by the owner only. Raises FileExistsError: never overwrites one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def load_master_key(path: Path) -> bytes:
    """Read the master key. Raises ConfigError `config.key_file` when it is missing, readable by others, or damaged."""
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", "config.key_file") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path.name} is accessible to other users: chmod 600", "config.key_file")
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path.name} has {len(key)} bytes, expected {KEY_BYTES}", "config.key_file")
    return key


class Sealer:
    """Seals, opens and hashes. Thread-safe.

    `epoch_us`: how long one epoch key seals new queue bodies; older ones still open.
    """

    def __init__(self, master_key: bytes, keys: Keys, epoch_us: int = EPOCH_US) -> None:
        self._keys = keys
        self._epoch_us = epoch_us
        self._wrapping = AESGCM(_derive(master_key, b"wrap"))
        self._digest_key = _derive(master_key, b"digest")
        self._alias_key = _derive(master_key, b"alias")
        self._ciphers: OrderedDict[str, AESGCM] = OrderedDict()
        self._lock = threading.Lock()
        self._epoch: WrappedKey | None = None

    def verify(self) -> None:
        """Raise ConfigError when the master key is not the one the store's keys were wrapped with."""
        newest = self._keys.current_key("epoch", None)
        if newest is not None:
            try:
                self._cipher(newest.key_id)
            except InvalidTag:
                raise ConfigError("the master key does not open this store's keys", "config.key_file") from None

    def digest(self, content: bytes) -> str:
        """Keyed digest of a body, hex."""
        return hmac.digest(self._digest_key, content, sha256).hex()

    def alias(self, kind: str, value: str) -> Alias:
        """Keyed hash of one identifier of a person."""
        return Alias(kind, self._hash(kind, value))

    def state_key(self, value: str) -> str:
        """Keyed hash of a state key, as its contract computes it (shared by all types that are state of one record)."""
        return self._hash("state", value)

    def seal(self, message_id: str, body: bytes) -> SealedBody:
        """Seal for a hub-owned queue, under the current epoch key."""
        epoch = self._epoch
        if epoch is None or now_us() - epoch.created_at > self._epoch_us:
            epoch = self._current_epoch()
        return self._seal(epoch.key_id, message_id, body)

    def seal_stored(self, message_id: str, body: bytes, persons: tuple[PersonRef, ...]) -> SealedBody:
        """Seal for the store: under the key of the one person named, or under a case key of its own."""
        if len(persons) == 1:
            subject = self._keys.person_id(persons[0])
            key = self._keys.current_key("person", subject) or self._create("person", subject)
        else:
            key = self._create("case", None)
        return self._seal(key.key_id, message_id, body)

    def seal_beside(self, sealed: SealedBody, message_id: str, body: bytes) -> SealedBody:
        """Seal under the key of another body: whoever's data that is, this is theirs too."""
        return self._seal(sealed.key_id, message_id, body)

    def open(self, message_id: str, sealed: SealedBody) -> bytes:
        """Open a sealed body. Raises Refused `receive.unsealable` when key, message id and ciphertext do not fit.

        `receive.erased`: whose data it was had it erased.
        """
        try:
            cipher = self._cipher(sealed.key_id)
            nonce, ciphertext = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
            return cipher.decrypt(nonce, ciphertext, message_id.encode())
        except (InvalidTag, ValueError):
            raise Refused("receive.unsealable", "the body does not fit its key or its message id") from None

    def _seal(self, key_id: str, message_id: str, body: bytes) -> SealedBody:
        nonce = os.urandom(NONCE_BYTES)
        return SealedBody(key_id, nonce + self._cipher(key_id).encrypt(nonce, body, message_id.encode()))

    def _hash(self, scope: str, value: str) -> str:
        return hmac.digest(self._alias_key, f"{scope}\0{value}".encode(), sha256).hex()

    def _current_epoch(self) -> WrappedKey:
        with self._lock:
            epoch = self._keys.current_key("epoch", None)
            if epoch is None or now_us() - epoch.created_at > self._epoch_us:
                epoch = self._create("epoch", None)
            self._epoch = epoch
            return epoch

    def _create(self, purpose: str, subject: str | None) -> WrappedKey:
        key_id, nonce = str(uuid4()), os.urandom(NONCE_BYTES)
        wrapped = nonce + self._wrapping.encrypt(nonce, os.urandom(KEY_BYTES), key_id.encode())
        return self._keys.add_key(WrappedKey(key_id, purpose, subject, wrapped, now_us()))

    def _cipher(self, key_id: str) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            stored = self._keys.key(key_id)
            if stored is None:
                raise Refused("receive.unsealable", "its key is not in the store")
            if not stored.wrapped:
                raise Refused("receive.erased", "its key was destroyed")
            nonce, wrapped = stored.wrapped[:NONCE_BYTES], stored.wrapped[NONCE_BYTES:]
            cipher = AESGCM(self._wrapping.decrypt(nonce, wrapped, key_id.encode()))
            self._ciphers[key_id] = cipher
            while len(self._ciphers) > _CACHED_KEYS:
                self._ciphers.popitem(last=False)
        return cipher


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"renkei/" + purpose).derive(master_key)
