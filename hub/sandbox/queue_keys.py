"""Keys of simulated partners that read a queue: the hub seals to the public one, the partner opens with the other."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.registry import HeaderParameter

from hub.jwe import ALGORITHM, CONTENT_TYPE, ENCRYPTION, PrivateKey

SEALED = ("tax",)


def key_of(partner: str) -> PrivateKey:
    """The same in every process. No secret."""
    number = int.from_bytes(hashlib.sha256(f"synthetic key of {partner}".encode()).digest()) % 2**255 + 1
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return PrivateKey(f"{partner}-1", pem)


def opened(partner: str, content_type: str | None, message_id: str, body: bytes) -> bytes:
    """What the hub put into a queue, by the library alone. Raises JoseError for what is not for this partner, and
    ValueError for what was sealed for another message id."""
    if content_type != CONTENT_TYPE:
        return body
    registry = JWERegistry({"mid": HeaderParameter("Message id", "str")}, [ALGORITHM, ENCRYPTION])
    found = jwe.decrypt_compact(body, key_of(partner).key, registry=registry)
    if found.protected.get("mid") != message_id:
        raise ValueError("sealed for another message id")
    return found.plaintext or b""
