"""Sealed bodies and keyed hashes. The only place that sees an unwrapped key.

Queue bodies are sealed under a rotating epoch key, stored bodies under the data key of the person, or under a case
key where several persons or none are known. Data keys lie in the store, wrapped under the master key, which lies
elsewhere. What is sealed is bound to its message and to the municipality. Identifiers leave a sealed body only as keyed
hashes (promise 7): a plain hash of a 12-digit number can be guessed.
"""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from hub.clock import now_us
from hub.errors import ConfigError, Refused, StoreUnavailable
from hub.master_key import KEY_BYTES, KeyRing, MasterKey
from hub.ports.keys import MasterKeySupersededError
from hub.ports.store import Alias, Keys, PersonRef, SealedBody, WrappedKey

NONCE_BYTES = 12
EPOCH_US = 24 * 3600 * 1_000_000
_CACHED_KEYS = 4096
FORM = 2  # of new data keys: they and what they seal are bound to the municipality; those of form 1 are not


class Sealer:
    """Seals, opens and hashes. Thread-safe.

    `master`: the master key, or the ring of those in use; `tenant`: the municipality code that binds what is sealed;
    `epoch_us`: how long one epoch key seals new queue bodies; older ones still open.
    """

    def __init__(self, master: bytes | KeyRing, keys: Keys, tenant: str = "", epoch_us: int = EPOCH_US) -> None:
        self._ring = KeyRing.of(master) if isinstance(master, bytes) else master
        self._keys = keys
        self._bound = f"{tenant}\0".encode()
        self._epoch_us = epoch_us
        # made ready once: setting a key up costs several times what hashing a number does
        self._digests, self._aliases = HMAC(self._ring.first.digest, SHA256()), HMAC(self._ring.first.alias, SHA256())
        self._data_keys: OrderedDict[str, _DataKey] = OrderedDict()
        self._lock = threading.Lock()
        self._epoch: WrappedKey | None = None

    def verify(self) -> None:
        """Raise ConfigError when the master key is not the one the store's keys were wrapped with."""
        newest = self._keys.current_key("epoch", None)
        if newest is not None:
            try:
                self._data_key(newest.key_id)
            except (InvalidTag, _NoMasterKeyError):
                raise ConfigError("the master key does not open this store's keys", "config.key_file") from None

    def rewrapped(self, key: WrappedKey, master: MasterKey) -> WrappedKey:
        """The same data key under another master key. Raises InvalidTag, StoreUnavailable: none here opens it."""
        return self._wrapped(key, self._unwrapped(key), master)

    def digest(self, content: bytes) -> str:
        """Keyed digest of a body, hex."""
        return _keyed(self._digests, content)

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

        `receive.erased`: whose data it was had it erased, or it was of use no more (R8).
        """
        if not sealed.ciphertext:
            raise Refused("receive.erased", "its content was emptied")
        try:
            key = self._data_key(sealed.key_id)
            nonce, ciphertext = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
            return key.cipher.decrypt(nonce, ciphertext, key.bound + message_id.encode())
        except (InvalidTag, ValueError):
            raise Refused("receive.unsealable", "the body does not fit its key or its message id") from None

    def _seal(self, key_id: str, message_id: str, body: bytes) -> SealedBody:
        nonce, key = os.urandom(NONCE_BYTES), self._data_key(key_id)
        return SealedBody(key_id, nonce + key.cipher.encrypt(nonce, body, key.bound + message_id.encode()))

    def _hash(self, scope: str, value: str) -> str:
        return _keyed(self._aliases, f"{scope}\0{value}".encode())

    def _current_epoch(self) -> WrappedKey:
        with self._lock:
            epoch = self._keys.current_key("epoch", None)
            if epoch is None or now_us() - epoch.created_at > self._epoch_us:
                epoch = self._create("epoch", None)
            self._epoch = epoch
            return epoch

    def _create(self, purpose: str, subject: str | None) -> WrappedKey:
        new = WrappedKey(str(uuid4()), purpose, subject, b"", now_us(), form=FORM)
        data = os.urandom(KEY_BYTES)
        while True:
            current = self._keys.current_master(self._ring.first.id)
            try:
                return self._keys.add_key(self._wrapped(new, data, self._master(current)))
            except MasterKeySupersededError:
                continue  # a rotation began between the two

    def _data_key(self, key_id: str) -> "_DataKey":
        key = self._data_keys.get(key_id)
        if key is None:
            stored = self._keys.key(key_id)
            if stored is None:
                raise Refused("receive.unsealable", "its key is not in the store")
            if not stored.wrapped:
                raise Refused("receive.erased", "its key was destroyed")
            key = _DataKey(AESGCM(self._unwrapped(stored)), self._binding(stored))
            self._data_keys[key_id] = key
            while len(self._data_keys) > _CACHED_KEYS:
                self._data_keys.popitem(last=False)
        return key

    def _wrapped(self, key: WrappedKey, data: bytes, master: MasterKey) -> WrappedKey:
        nonce = os.urandom(NONCE_BYTES)
        bound = self._binding(key) + key.key_id.encode()
        return replace(key, wrapped=nonce + AESGCM(master.wrapping).encrypt(nonce, data, bound), master=master.id)

    def _unwrapped(self, key: WrappedKey) -> bytes:
        """Raises InvalidTag, StoreUnavailable."""
        nonce, wrapped = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
        bound = self._binding(key) + key.key_id.encode()
        masters = [self._master(key.master)] if key.master else self._ring.keys
        for number, master in enumerate(masters, 1):
            try:
                return AESGCM(master.wrapping).decrypt(nonce, wrapped, bound)
            except InvalidTag:
                if number == len(masters):
                    raise
        raise InvalidTag

    def _master(self, key_id: str) -> MasterKey:
        try:
            found = self._ring.find(key_id)
        except ConfigError as error:  # a file or command that fails for a while costs no message
            raise _NoMasterKeyError(f"master key {key_id} cannot be read: {error.detail}") from None
        if found is None:
            raise _NoMasterKeyError(f"data keys are wrapped under master key {key_id}, which this host does not have")
        return found

    def _binding(self, key: WrappedKey) -> bytes:
        return self._bound if key.form == FORM else b""


@dataclass(frozen=True, slots=True)
class _DataKey:
    """`bound`: what stands before the message id in what is sealed under it."""

    cipher: AESGCM
    bound: bytes


class _NoMasterKeyError(StoreUnavailable):
    """Waiting is right: nothing is wrong with what is sealed."""


def _keyed(ready: HMAC, content: bytes) -> str:
    """HMAC-SHA-256, hex, under the key that is set up in `ready`."""
    hasher = ready.copy()
    hasher.update(content)
    return hasher.finalize().hex()
