"""Sealed bodies, keyed hashes, and the file everything hangs on."""

import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import ConfigError, Refused, StoreUnavailable
from hub.master_key import KeyRing, MasterKey, create_master_key, load_master_key
from hub.ports.store import Alias, PersonRef, SealedBody, WrappedKey
from hub.seal import Sealer
from tests.unit.stages.conftest import KeysInMemory

CHILD = PersonRef("child", (Alias("addressee_number", "a" * 64),))
GUARDIAN = PersonRef("guardian", (Alias("addressee_number", "b" * 64),))


def test_a_new_key_file_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"

    create_master_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(load_master_key(path).raw) == 32
    with pytest.raises(FileExistsError):
        create_master_key(path)


@pytest.mark.rule("R56")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(mode)

    with pytest.raises(ConfigError) as refused:
        load_master_key(path)

    assert refused.value.code == "config.key_file"


def test_a_damaged_or_missing_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(ConfigError):
        load_master_key(path)
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(ConfigError):
        load_master_key(path)


@pytest.mark.rule("R56")
def test_what_is_sealed_can_be_opened_by_another_process_with_the_same_store() -> None:
    keys = KeysInMemory()
    sealed = Sealer(bytes(32), keys).seal("id", b"body")

    assert b"body" not in sealed.ciphertext
    assert Sealer(bytes(32), keys).open("id", sealed) == b"body"


@pytest.mark.rule("R56")
def test_a_changed_byte_is_noticed() -> None:
    sealer = Sealer(bytes(32), KeysInMemory())
    sealed = sealer.seal("id", b"body")
    changed = type(sealed)(sealed.key_id, sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1]))

    with pytest.raises(Refused):
        sealer.open("id", changed)


def test_another_master_key_is_noticed_at_start_not_message_by_message() -> None:
    keys = KeysInMemory()
    Sealer(bytes(32), keys).seal("id", b"body")

    Sealer(bytes(32), keys).verify()
    with pytest.raises(ConfigError):
        Sealer(b"\1" * 32, keys).verify()


def test_queue_bodies_share_an_epoch_key_until_it_is_old() -> None:
    keys = KeysInMemory()
    sealer = Sealer(bytes(32), keys, epoch_us=10**12)
    assert sealer.seal("a", b"x").key_id == sealer.seal("b", b"x").key_id

    short = Sealer(bytes(32), keys, epoch_us=0)
    first = short.seal("c", b"x")
    assert short.seal("d", b"x").key_id != first.key_id
    assert short.open("c", first) == b"x"


def test_stored_bodies_of_one_person_share_a_key_that_is_theirs_alone() -> None:
    sealer = Sealer(bytes(32), KeysInMemory())

    mine = sealer.seal_stored("a", b"x", (CHILD,))

    assert sealer.seal_stored("b", b"x", (CHILD,)).key_id == mine.key_id
    assert sealer.seal_stored("c", b"x", (GUARDIAN,)).key_id != mine.key_id


@pytest.mark.parametrize("persons", [(), (CHILD, GUARDIAN)])
def test_bodies_of_several_or_no_persons_get_a_case_key_each(persons: tuple[PersonRef, ...]) -> None:
    sealer = Sealer(bytes(32), KeysInMemory())

    assert sealer.seal_stored("a", b"x", persons).key_id != sealer.seal_stored("b", b"x", persons).key_id


def test_hashes_are_keyed_and_kinds_do_not_meet() -> None:
    sealer, other = Sealer(bytes(32), KeysInMemory()), Sealer(b"\1" * 32, KeysInMemory())

    assert sealer.alias("addressee_number", "1").hash != sealer.alias("pmh_key", "1").hash
    assert sealer.alias("addressee_number", "1").hash != other.alias("addressee_number", "1").hash
    assert sealer.digest(b"x") != other.digest(b"x")


def test_hashes_are_hmacs_under_the_master_keys_own_keys_from_however_many_threads() -> None:
    master = KeyRing.of(bytes(32)).first
    sealer = Sealer(bytes(32), KeysInMemory())
    wanted = [hmac.digest(master.alias, f"pmh\0{number}".encode(), "sha256").hex() for number in range(2_000)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: sealer.alias("pmh", str(number)).hash, range(2_000)))
    assert found == wanted
    assert sealer.digest(b"body") == hmac.digest(master.digest, b"body", "sha256").hex()


@pytest.mark.rule("R34")
def test_a_body_of_one_municipality_cannot_be_opened_as_another_ones() -> None:
    """Even where both have the same master key, and somebody copies data key and body from one to the other."""
    keys = KeysInMemory()
    sealed = Sealer(bytes(32), keys, "141305").seal("id", b"body")

    assert Sealer(bytes(32), keys, "141305").open("id", sealed) == b"body"
    with pytest.raises(Refused):
        Sealer(bytes(32), keys, "131016").open("id", sealed)


def test_what_was_sealed_before_the_municipality_was_bound_to_it_still_opens() -> None:
    """A data key of form 1, as versions before schema 0015 made them."""
    master, data, key_id = MasterKey.read(bytes(32)), b"d" * 32, "11111111-1111-4111-8111-111111111111"
    nonce = b"n" * 12
    keys = KeysInMemory()
    wrapped = nonce + AESGCM(master.wrapping).encrypt(nonce, data, key_id.encode())
    keys.add_key(WrappedKey(key_id, "case", None, wrapped, 1))
    sealed = SealedBody(key_id, nonce + AESGCM(data).encrypt(nonce, b"body", b"id"))

    sealer = Sealer(bytes(32), keys, "141305")

    assert sealer.open("id", sealed) == b"body"
    keys.keys[key_id] = sealer.rewrapped(keys.keys[key_id], MasterKey.read(b"2" * 32))
    ring = KeyRing.of(b"2" * 32)
    assert Sealer(ring, keys, "141305").open("id", sealed) == b"body"


def test_a_master_key_that_cannot_be_read_for_a_while_costs_no_message() -> None:
    """Given what is sealed under a data key of another master key, and a command for keys that fails by now
    Then opening it is to be tried again, and works when the command does
    """
    first = MasterKey.read(bytes(32))
    second = MasterKey.read(first.successor())
    keys, works = KeysInMemory(), True
    sealed = Sealer(KeyRing.of(second.raw, first.raw), keys).seal("id", b"body")
    (key_id,) = keys.keys
    keys.keys[key_id] = Sealer(KeyRing.of(second.raw, first.raw), keys).rewrapped(keys.keys[key_id], second)
    at_hand = [first]

    def read() -> list[MasterKey]:
        if not works:
            raise ConfigError("keyctl ended with 1", "config.key_command")
        return list(at_hand)

    sealer = Sealer(KeyRing(read), keys)
    works = False
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        sealer.open("id", sealed)
    works, at_hand = True, [second, first]
    assert Sealer(KeyRing(read), keys).open("id", sealed) == b"body"
