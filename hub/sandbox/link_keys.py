"""PMH連携キー of the synthetic city (S:430): made anew each time, opened by PMH alone, good once and not for long.

Their form is not public; ours is: what online eligibility verification signed (Ed25519), sealed for PMH (X25519, HKDF,
AES-256-GCM), in base64url. It is signed since PMH's public key is no secret, and a guessed PMHキー must open nothing
(R34). Without the patient's consent there is a key all the same, as long as any other, and no PMHキー in it: who asks
with it cannot tell. Everybody who reads this knows the private keys below: they protect synthetic data.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ISSUER = Ed25519PrivateKey.from_private_bytes(sha256(b"synthetic: online eligibility verification").digest())
_PMH = X25519PrivateKey.from_private_bytes(sha256(b"synthetic: PMH").digest())
_SIGNATURE, _PUBLIC = 64, 32  # bytes
_NONCE = bytes(12)  # each key encrypts one thing
NOBODY = "-" * 16  # as long as a PMHキー


@dataclass(frozen=True, slots=True)
class LinkKey:
    """What is inside. `pmh_key`: "" without consent; `serial`: tells two for one person apart; `until`: seconds since
    1970."""

    pmh_key: str
    serial: str
    until: int


def seal(content: LinkKey, seed: bytes) -> str:
    """The PMH連携キー. `seed`: secret, and another for each; the same gives the same."""
    padded = asdict(content) | {"pmh_key": content.pmh_key or NOBODY}
    plain = json.dumps(padded).encode()
    ephemeral = X25519PrivateKey.from_private_bytes(sha256(seed).digest())
    public = ephemeral.public_key().public_bytes_raw()
    sealed = AESGCM(_key(ephemeral, _PMH.public_key(), public)).encrypt(_NONCE, _ISSUER.sign(plain) + plain, public)
    return urlsafe_b64encode(public + sealed).decode().rstrip("=")


def opened(text: str) -> LinkKey | None:
    """What is inside; None when it was not sealed for PMH, or not signed by online eligibility verification."""
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        public, sealed = content[:_PUBLIC], content[_PUBLIC:]
        key = _key(_PMH, X25519PublicKey.from_public_bytes(public), public)
        signed = AESGCM(key).decrypt(_NONCE, sealed, public)
        signature, plain = signed[:_SIGNATURE], signed[_SIGNATURE:]
        _ISSUER.public_key().verify(signature, plain)
    except (ValueError, InvalidTag, InvalidSignature):
        return None
    found = LinkKey(**json.loads(plain))
    return LinkKey("", found.serial, found.until) if found.pmh_key == NOBODY else found


def _key(own: X25519PrivateKey, other: X25519PublicKey, public: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=public, info=b"PMH link key").derive(own.exchange(other))
