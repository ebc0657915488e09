"""Bodies sealed to a public key (JWE, RFC 7516): a partner's to the hub, and the hub's to a partner that reads a queue.

One form only: compact, ECDH-ES+A256KW on P-256, A256GCM, `kid` in the header, and where the sender says so `mid`: the
id of the message it was sealed for, so that nobody can send it again under another. The hub says so. What a stranger
wrote is looked at before the library is: no other algorithm, no compression, nothing critical, no member twice, every
part bounded.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter

from hub.errors import ConfigError, Refused

CONTENT_TYPE = "application/jose"
ALGORITHM, ENCRYPTION, CURVE = "ECDH-ES+A256KW", "A256GCM", "P-256"
KID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEAD_BYTES = 1024  # longest head, as it is written
_MEMBERS = frozenset({"alg", "enc", "kid", "epk"})
_BOUND = _MEMBERS | {"mid"}
_EPK = frozenset({"kty", "crv", "x", "y"})
_COMPACT = re.compile(
    rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{54})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{22})"
)


def longest(most: int) -> int:
    """Bytes of a sealed body whose content has `most`: base64 makes four of three."""
    return most * 4 // 3 + HEAD_BYTES + 256


class PublicKey:
    """Somebody's key to seal to. Thread-safe."""

    def __init__(self, text: str) -> None:
        """`text`: a JWK as JSON, public, of P-256, with a `kid`. Raises ConfigError; a private one is refused."""
        try:
            given = json.loads(text)
            if not isinstance(given, dict) or "d" in given or (given.get("kty"), given.get("crv")) != ("EC", CURVE):
                raise ValueError
            self._key = ECKey.import_key({name: given[name] for name in ("kty", "crv", "x", "y")})
            self.kid = given["kid"]
        except (ValueError, KeyError, TypeError, JoseError):
            raise ConfigError(f"no public key as a JWK of {CURVE} with kid", "config.sealing_key") from None
        if not isinstance(self.kid, str) or not KID.fullmatch(self.kid):
            raise ConfigError("the kid of a key has 1 to 64 letters, digits, dots or hyphens", "config.sealing_key")

    def seal(self, body: bytes, message_id: str | None = None) -> bytes:
        """Another one each time, for the same body. `message_id`: it opens under this id alone."""
        head = {"alg": ALGORITHM, "enc": ENCRYPTION, "kid": self.kid} | (
            {} if message_id is None else {"mid": message_id}
        )
        return jwe.encrypt_compact(head, body, self._key, registry=_registry(len(body))).encode()


class PrivateKey:
    """A key to open with, and its public half to hand out."""

    def __init__(self, kid: str, pem: bytes) -> None:
        """`pem`: PKCS #8, without a password. Raises ConfigError."""
        try:
            self.key = ECKey.import_key(pem)
        except (ValueError, TypeError, JoseError):
            raise ConfigError(f"the key {kid} is no private key", "config.sealing_key") from None
        if self.key.curve_name != CURVE or not self.key.is_private:
            raise ConfigError(f"the key {kid} is no private key of {CURVE}", "config.sealing_key")
        self.kid = kid

    @staticmethod
    def made() -> bytes:
        """A new one, PEM."""
        return ECKey.generate_key(CURVE, private=True).as_pem(private=True)

    def public(self) -> str:
        """The JWK that others seal to, as JSON."""
        shown = {name: value for name, value in self.key.as_dict(private=False).items() if name in _EPK}
        return json.dumps({**shown, "kid": self.kid, "use": "enc", "alg": ALGORITHM}, separators=(",", ":"))


def open_sealed(sealed: bytes, find: Callable[[str], PrivateKey | None], most: int, message_id: str) -> bytes:
    """The content, of `most` bytes at most. `find`: the key of a kid; `message_id`: under which it came.

    Raises Refused `receive.sealed`, `receive.sealed_id`.
    """
    if len(sealed) > longest(most):
        raise Refused("receive.sealed", "it is larger than anything it may hold")
    parts = _COMPACT.fullmatch(sealed)
    if parts is None:
        raise Refused("receive.sealed", "it is no JWE in its compact form")
    head = _head(parts[1])
    key = find(head["kid"])
    if key is None:
        raise Refused("receive.sealed", "the hub has no key of this kid")
    try:
        opened = jwe.decrypt_compact(sealed, key.key, registry=_registry(most)).plaintext
    except (JoseError, InvalidTag, InvalidUnwrap, ValueError, TypeError, KeyError):
        raise Refused("receive.sealed", "it does not open: another key, or changed on the way") from None
    if head.get("mid", message_id) != message_id:  # said only now, when nobody but the sender can have written it
        raise Refused("receive.sealed_id", "it was sealed for another message id than it came under")
    return opened or b""


def _head(head: bytes) -> dict[str, Any]:
    """One that is exactly as agreed. Raises Refused."""
    if len(head) > HEAD_BYTES:
        raise Refused("receive.sealed", f"its header is longer than {HEAD_BYTES} bytes")
    try:
        said = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)), object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        raise Refused("receive.sealed", "its header cannot be read, or names a member twice") from None
    if not isinstance(said, dict) or set(said) not in (_MEMBERS, _BOUND):
        raise Refused("receive.sealed", "its header has alg, enc, kid, epk and perhaps mid, and nothing else")
    if (said["alg"], said["enc"]) != (ALGORITHM, ENCRYPTION):
        raise Refused("receive.sealed", f"its algorithms are not {ALGORITHM} and {ENCRYPTION}")
    epk, kid = said["epk"], said["kid"]
    if not isinstance(epk, dict) or set(epk) != _EPK or (epk["kty"], epk["crv"]) != ("EC", CURVE):
        raise Refused("receive.sealed", f"its epk is no point of {CURVE}")
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise Refused("receive.sealed", "its kid is none the hub gave out")
    return said


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def _registry(most: int) -> JWERegistry:
    registry = JWERegistry({"mid": HeaderParameter("Message id", "str")}, [ALGORITHM, ENCRYPTION])
    registry.max_ciphertext_length = longest(most)
    return registry
