"""The verifier's own Ed25519, beside the vectors of RFC 8032 (7.1) and beside the library."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit.verifier import ed25519_verifies

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655"
            "141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00"
            "d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc02"
            "7beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_vectors_of_the_rfc(key: str, message: str, signature: str) -> None:
    public, said, signed = (bytes.fromhex(text) for text in (key, message, signature))

    assert ed25519_verifies(public, said, signed)
    assert not ed25519_verifies(public, said + b"\x00", signed)
    for place in (0, 31, 32, 63):
        flipped = bytearray(signed)
        flipped[place] ^= 1
        assert not ed25519_verifies(public, said, bytes(flipped))


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 95), st.integers(0, 7))
def test_it_says_what_the_library_says(secret: bytes, message: bytes, place: int, bit: int) -> None:
    """A signature, and the same with one bit of key or signature flipped."""
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(message)
    assert ed25519_verifies(public, message, signature)
    flipped = bytearray(public + signature)
    flipped[place] ^= 1 << bit

    assert ed25519_verifies(bytes(flipped[:32]), message, bytes(flipped[32:])) == library(flipped, message)


def library(key_and_signature: bytearray, message: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes(key_and_signature[:32]))
        key.verify(bytes(key_and_signature[32:]), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_a_number_beyond_the_order_is_no_signature() -> None:
    """S + L verifies by arithmetic alone; RFC 8032 refuses it."""
    key, message, signature = (bytes.fromhex(text) for text in VECTORS[1])
    order = 2**252 + 27742317777372353535851937790883648493
    beyond = int.from_bytes(signature[32:], "little") + order

    assert not ed25519_verifies(key, message, signature[:32] + beyond.to_bytes(32, "little"))


@pytest.mark.parametrize(("key", "signature"), [(b"", b""), (b"k" * 31, b"s" * 64), (b"k" * 32, b"s" * 63)])
def test_wrong_lengths(key: bytes, signature: bytes) -> None:
    assert not ed25519_verifies(key, b"", signature)


def test_a_key_that_is_no_point() -> None:
    _, message, signature = (bytes.fromhex(text) for text in VECTORS[1])
    assert not ed25519_verifies(b"\xff" * 32, message, signature)
