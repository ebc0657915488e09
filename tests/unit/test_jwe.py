"""Sealed bodies: what opens, and everything a stranger could write that does not."""

import base64
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe as library
from joserfc.jwk import ECKey, OctKey

from hub import door as doors
from hub import jwe
from hub.door import Door, DoorKeys
from hub.errors import ConfigError, Refused
from hub.jwe import PrivateKey, PublicKey, open_sealed

MOST = 100_000
ID, OTHER_ID = "7d9f1a2e-0000-4000-8000-000000000001", "7d9f1a2e-0000-4000-8000-000000000002"
KEY = PrivateKey("one", PrivateKey.made())
OTHER = PrivateKey("other", PrivateKey.made())
PUBLIC = PublicKey(KEY.public())
BODY = "<x>川崎太郎 621498320257</x>".encode()


def find(kid: str) -> PrivateKey | None:
    return KEY if kid == "one" else None


def opened(sealed: bytes, most: int = MOST) -> bytes:
    return open_sealed(sealed, find, most, ID)


def refused(sealed: bytes) -> str:
    with pytest.raises(Refused) as caught:
        opened(sealed)
    assert caught.value.code == "receive.sealed"
    assert "621498320257" not in str(caught.value)
    return caught.value.detail


def head_of(sealed: bytes) -> dict[str, Any]:
    part = sealed.partition(b".")[0]
    head: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    return head


def with_head(sealed: bytes, head: object) -> bytes:
    written = head if isinstance(head, bytes) else json.dumps(head).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=") + b"." + sealed.partition(b".")[2]


@pytest.mark.rule("R56")
@pytest.mark.parametrize("body", [BODY, b"", b"x" * MOST])
def test_what_is_sealed_opens_and_shows_nothing(body: bytes) -> None:
    one, two = PUBLIC.seal(body), PUBLIC.seal(body)
    assert one != two
    assert opened(one) == opened(two) == body
    assert head_of(one)["kid"] == "one"
    assert len(one) <= jwe.longest(len(body))
    assert not body or body not in one


@pytest.mark.rule("R56")
def test_what_is_sealed_for_a_message_opens_under_no_other_id() -> None:
    """Somebody who can write to the door, and read what lay there, sends it again as another message."""
    bound = PUBLIC.seal(BODY, ID)

    assert opened(bound) == opened(PUBLIC.seal(BODY)) == BODY
    with pytest.raises(Refused, match=r"receive\.sealed_id"):
        opened(PUBLIC.seal(BODY, OTHER_ID))
    head = head_of(bound)
    assert head.pop("mid") == ID
    assert "does not open" in refused(with_head(bound, head))  # nor does taking the id away help
    assert "does not open" in refused(with_head(bound, head | {"mid": OTHER_ID}))


def test_the_public_key_holds_nothing_private() -> None:
    shown = json.loads(KEY.public())
    assert set(shown) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"zip": "DEF"}, "nothing else"),
        ({"crit": ["exp"], "exp": 1}, "nothing else"),
        ({"crit": []}, "nothing else"),
        ({"jku": "https://elsewhere.example/keys"}, "nothing else"),
        ({"jwk": {}}, "nothing else"),
        ({"apu": "QQ"}, "nothing else"),
        ({"mid": 5}, "does not open"),
        ({"alg": "dir"}, "algorithms"),
        ({"alg": "ECDH-ES"}, "algorithms"),
        ({"alg": "RSA1_5"}, "algorithms"),
        ({"alg": "PBES2-HS256+A128KW"}, "algorithms"),
        ({"alg": "none"}, "algorithms"),
        ({"alg": None}, "algorithms"),
        ({"enc": "A128CBC-HS256"}, "algorithms"),
        ({"kid": "two"}, "no key of this kid"),
        ({"kid": "../../keys/master"}, "kid"),
        ({"kid": 5}, "kid"),
        ({"epk": None}, "epk"),
        ({"epk": {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}}, "epk"),
        ({"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}}, "epk"),
        ({"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, "does not open"),
        ({"epk": {"kty": "EC", "crv": "P-256", "x": 1, "y": []}}, "does not open"),
    ],
)
def test_a_head_that_is_not_as_agreed(change: dict[str, Any], detail: str) -> None:
    sealed = PUBLIC.seal(BODY)
    assert detail in refused(with_head(sealed, head_of(sealed) | change))


@pytest.mark.parametrize(
    "head",
    [
        b"", b"{", b"[]", b'"text"', b"[" * 700, b"\xff\xfe", b'{"alg":NaN}',
        b'{"alg":"dir","alg":"ECDH-ES+A256KW","enc":"A256GCM","kid":"one","epk":{}}',
        b'{"alg":"' + b"x" * 2000 + b'"}',
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_read(head: bytes) -> None:
    assert refused(with_head(PUBLIC.seal(BODY), head))


def test_a_point_that_is_not_on_the_curve_opens_nothing() -> None:
    """An invalid point would tell of the key bit by bit."""
    sealed = PUBLIC.seal(BODY)
    head = head_of(sealed)
    wrong = base64.urlsafe_b64encode(b"\x01" * 32).rstrip(b"=").decode()
    assert "does not open" in refused(with_head(sealed, head | {"epk": head["epk"] | {"x": wrong}}))


def test_the_public_key_is_no_secret_to_seal_with() -> None:
    """Algorithm confusion: what everybody has, used as the secret of a symmetric algorithm."""
    secret = OctKey.import_key(KEY.public().encode()[:32])
    for head in ({"alg": "dir", "enc": "A256GCM"}, {"alg": "A256KW", "enc": "A256GCM"}):
        sealed = library.encrypt_compact(head | {"kid": "one"}, BODY, secret, algorithms=[*head.values()])
        refused(sealed.encode())


def test_what_was_compressed_is_not_unpacked() -> None:
    bomb = library.encrypt_compact(
        {"alg": jwe.ALGORITHM, "enc": jwe.ENCRYPTION, "zip": "DEF", "kid": "one"},
        b"0" * 50_000_000,
        ECKey.import_key(json.loads(KEY.public())),
        algorithms=[jwe.ALGORITHM, jwe.ENCRYPTION, "DEF"],
        registry=None,
    ).encode()
    assert len(bomb) < jwe.longest(MOST)
    tracemalloc.start()
    assert "nothing else" in refused(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    # and what is packed inside without being said so comes out as it is
    packed = zlib.compress(b"0" * 1000)
    assert opened(PUBLIC.seal(packed)) == packed


@pytest.mark.parametrize("at", range(5))
def test_a_changed_part_is_noticed(at: int) -> None:
    parts = PUBLIC.seal(BODY).split(b".")
    parts[at] = (b"A" if parts[at][:1] != b"A" else b"B") + parts[at][1:]
    refused(b".".join(parts))


def test_another_key_under_the_same_kid_opens_nothing() -> None:
    stranger = PublicKey(json.dumps(json.loads(OTHER.public()) | {"kid": "one"}))
    assert "does not open" in refused(stranger.seal(BODY))


@pytest.mark.parametrize("sealed", [b"", b"....", b"<x/>", b"a.b.c", b"a.b.c.d.e", b"eyJ" * 1000, b"\x00" * 100])
def test_what_is_no_jwe(sealed: bytes) -> None:
    refused(sealed)


def test_one_too_large_is_refused_unread() -> None:
    begun = time.thread_time()
    assert "larger" in refused(PUBLIC.seal(b"x" * MOST * 3))
    assert time.thread_time() - begun < 1.0


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 600), st.integers(0, 600))
def test_damage_is_refused_with_a_code(noise: bytes, begin: int, end: int) -> None:
    """The last letter of a part may carry bits that mean nothing: then it opens, and to the very same."""
    sealed = PUBLIC.seal(BODY)
    try:
        assert opened(sealed[:begin] + noise + sealed[end:]) == BODY
    except Refused as error:
        assert error.code == "receive.sealed"


@pytest.mark.parametrize(
    "change", [{"d": "AA"}, {"crv": "P-384"}, {"kty": "RSA"}, {"x": "AA"}, {"kid": "a/b"}, {"kid": None}]
)
def test_a_key_that_is_none_to_seal_to(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        PublicKey(json.dumps(json.loads(KEY.public()) | change))
    assert caught.value.code == "config.sealing_key"
    for text in ("", "[]", "no JSON"):
        with pytest.raises(ConfigError):
            PublicKey(text)


# --- the hub's keys ---


def test_keys_change_over_and_an_old_one_opens_until_it_is_taken_away(tmp_path: Path) -> None:
    keys = DoorKeys(tmp_path / "door")
    assert keys.newest() is None
    first = keys.add()
    sealed = PublicKey(first.public()).seal(BODY)
    (tmp_path / "door" / f"{first.kid}.pem").rename(tmp_path / "door" / "20200101T000000Z-000001.pem")
    old = PrivateKey("20200101T000000Z-000001", (tmp_path / "door" / "20200101T000000Z-000001.pem").read_bytes())
    sealed = PublicKey(old.public()).seal(BODY)
    second = keys.add()
    newest = keys.newest()
    assert newest is not None
    assert newest.kid == second.kid

    door = Door(DoorKeys(tmp_path / "door"))
    for each in (sealed, PublicKey(second.public()).seal(BODY)):
        assert door.content("welfare", jwe.CONTENT_TYPE, each, MOST, ID) == BODY
    (tmp_path / "door" / "20200101T000000Z-000001.pem").unlink()
    with pytest.raises(Refused):
        Door(DoorKeys(tmp_path / "door")).content("welfare", jwe.CONTENT_TYPE, sealed, MOST, ID)


def test_a_key_put_there_is_found_while_the_hub_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = DoorKeys(tmp_path)
    assert keys.find("unknown") is None
    made = DoorKeys(tmp_path).add()
    assert keys.find(made.kid) is None  # a stranger who names kids does not make the hub look each time
    monkeypatch.setattr(doors, "LOOK_SECONDS", 0.0)
    assert keys.find(made.kid) is not None


@pytest.mark.rule("R56")
def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    made = DoorKeys(tmp_path).add()
    path = tmp_path / f"{made.kid}.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    keys = DoorKeys(tmp_path)
    with pytest.raises(ConfigError) as caught:
        keys.load()
    assert caught.value.code == "config.sealing_key"
    assert keys.find(made.kid) is None


Content = Callable[[str | None, bytes], bytes]


@pytest.mark.parametrize(
    ("sealed_only", "content_type", "code"),
    [
        ((), "application/xml", None),
        ((), None, None),
        (("tax",), "application/xml", None),
        (("welfare",), "application/xml", "receive.plain"),
        (("welfare",), None, "receive.plain"),
        ((), "application/jose", "receive.sealed"),
    ],
)
def test_what_a_door_takes_plain(sealed_only: tuple[str, ...], content_type: str | None, code: str | None) -> None:
    door = Door(None, sealed_only)
    if code is None:
        assert door.content("welfare", content_type, b"<x/>", MOST, ID) == b"<x/>"
    else:
        with pytest.raises(Refused) as caught:
            door.content("welfare", content_type, b"<x/>", MOST, ID)
        assert caught.value.code == code
