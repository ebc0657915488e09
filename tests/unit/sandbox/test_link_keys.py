"""PMH連携キー: opened by PMH alone, only as it was made, and telling nobody about consent."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from hub.sandbox import link_keys
from hub.sandbox.link_keys import LinkKey, opened, seal

CONTENT = LinkKey("K000000000000101", "0123456789abcdef", 4_102_444_800)


def test_pmh_finds_what_was_sealed() -> None:
    assert opened(seal(CONTENT, b"seed")) == CONTENT


def test_two_for_one_person_have_nothing_in_common() -> None:
    one, other = seal(CONTENT, b"one"), seal(CONTENT, b"other")
    assert one[:20] != other[:20]
    assert one[-20:] != other[-20:]
    assert CONTENT.pmh_key.encode() not in urlsafe_b64decode(one + "==")


@pytest.mark.rule("R37")
def test_r37_without_consent_it_looks_the_same() -> None:
    without = seal(LinkKey("", CONTENT.serial, CONTENT.until), b"seed")
    assert len(without) == len(seal(CONTENT, b"seed"))
    assert opened(without) == LinkKey("", CONTENT.serial, CONTENT.until)


@pytest.mark.parametrize("place", [0, 40, 100, 200, -2])
def test_one_that_was_changed_opens_nothing(place: int) -> None:
    key = bytearray(urlsafe_b64decode(seal(CONTENT, b"seed") + "=="))
    key[place if place < len(key) else -1] ^= 1
    assert opened(urlsafe_b64encode(bytes(key)).decode().rstrip("=")) is None


@pytest.mark.parametrize("text", ["", "A" * 200, "K000000000000101", "_" * 43])
def test_anything_else_opens_nothing(text: str) -> None:
    assert opened(text) is None


@pytest.mark.rule("R34")
def test_r34_a_guessed_key_sealed_by_somebody_else_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMH's public key is public."""
    stranger = link_keys.Ed25519PrivateKey.generate()
    with monkeypatch.context() as patch:
        patch.setattr(link_keys, "_ISSUER", stranger)
        forged = seal(CONTENT, b"seed")
        assert opened(forged) == CONTENT
    assert opened(forged) is None
