"""Bodies as the store and the queues have them: sealed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealedBody:
    """AES-256-GCM ciphertext (nonce first) and the id of the data key that opens it."""

    key_id: str
    ciphertext: bytes
