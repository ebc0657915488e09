"""Checks a bundle of the record: one file, nothing but Python 3 (3.9 or newer), no network, no database.

    python3 verifier.py BUNDLE [--key KEY]

BUNDLE is a file that `renkei audit export` wrote. What is checked: the signature of each checkpoint, that every row is
in the tree the newest checkpoint speaks of, that the older checkpoint is a beginning of the newer one, and, for a
period, that no row between the first and the last is left out. Whether the bundle is a period is its own word: it is
printed, so that whoever asked for one sees it. KEY is the public key as `renkei audit key` prints it, got by another
way than the bundle: without it the bundle is only checked against the key it brings along itself.

The key may have been changed meanwhile. Each change is a row of the record, signed by the key so far and by its
successor; KEY may be any of them, and a checkpoint counts only where it is signed by the key that was in force then.

Exit code 0: everything fits; 1: something does not, each on a line; 2: the file cannot be read as a bundle.

The tree is that of RFC 6962 (SHA-256), the signature Ed25519 (RFC 8032), a checkpoint a signed note as transparency
logs use them. The functions here are the ones the hub itself verifies with.
"""

from __future__ import annotations  # for the Pythons before 3.10

import base64
import json
import sys
import zipfile
from hashlib import sha256, sha512
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FORM = 1
FORM_WITH_HANDOVERS = 2
HANDOVER = "keys.sign"  # the act of a row that says so
BUNDLE = "bundle.json"  # its name within the file
Bundle = dict[str, Any]
Point = tuple[int, int, int, int]

# --- Ed25519 (RFC 8032, 5.1): verification only, so nothing here is secret and nothing needs constant time ------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


def _x_of(y: int, sign: int) -> int | None:
    """The x of a point, by its y and the lowest bit of x; None where there is none."""
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _point(text: bytes) -> Point | None:
    """A point from its 32 bytes, in extended coordinates; None where they are none."""
    number = int.from_bytes(text, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, p: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, p)
        p = _add(p, p)
        number >>= 1
    return found


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def ed25519_verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the key's signature of the message (RFC 8032, 5.1.7, without the cofactor)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _L:
        return False
    k = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


# --- the tree (RFC 6962, 2.1) -----------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def includes(leaf: bytes, place: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether a leaf (its hash) stands at `place` of the tree of `size` leaves with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= place < size:
        return False
    at, last, found = place, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def continues(size: int, root: bytes, newer_size: int, newer_root: bytes, path: list[bytes]) -> bool:
    """Whether a tree is a beginning of a newer one (RFC 9162, 2.1.4.2)."""
    if size == newer_size:
        return root == newer_root and not path
    if not 0 <= size < newer_size:
        return False
    if size == 0:
        return not path and root == sha256(b"").digest()
    rest = list(path)
    if size & (size - 1) == 0:
        rest.insert(0, root)
    if not rest:
        return False
    at, last = size - 1, newer_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = rest[0]
    for one in rest[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, one)
        at, last = at >> 1, last >> 1
    return last == 0 and old == root and new == newer_root


# --- checkpoints (signed notes) ---------------------------------------------------------------------------------------


class Checkpoint:
    """What a signed note says: `size` rows had `root` at `time` (microseconds since 1970)."""

    def __init__(self, origin: str, size: int, root: bytes, time: int) -> None:
        self.origin, self.size, self.root, self.time = origin, size, root, time

    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\ntime {self.time}\n"


def key_id(name: str, public_key: bytes) -> bytes:
    """Four bytes that tell keys apart; 1 is the number of Ed25519."""
    return sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]


def key_text(name: str, public_key: bytes) -> str:
    """A public key as it is handed out: name+id+key."""
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(bytes([1]) + public_key).decode()}"


def read_key(text: str) -> tuple[str, bytes]:
    """Name and key of what `key_text` wrote. Raises ValueError."""
    name, _, rest = text.strip().partition("+")
    said, _, coded = rest.partition("+")
    key = base64.b64decode(coded, validate=True)
    if key[:1] != b"\x01" or len(key) != 33 or text.strip() != key_text(name, key[1:]) or not said:
        raise ValueError("this is no public key as `renkei audit key` prints it")
    return name, key[1:]


def read_note(
    note: str, name: str, public_key: bytes, verifies: Callable[[bytes, bytes, bytes], bool] = ed25519_verifies
) -> Checkpoint:
    """The checkpoint of a signed note. Raises ValueError where anything of it is not as the key's owner wrote it."""
    text, _, signature = note.partition("\n\n")
    found = _read_checkpoint(f"{text}\n", name)
    _check_signature(signature, found.text(), name, public_key, verifies)
    return found


def _read_checkpoint(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 5 or not lines[1].isdigit() or not lines[3].startswith("time ") or not lines[3][5:].isdigit():
        raise ValueError("this is no checkpoint")
    found = Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True), int(lines[3][5:]))
    if found.origin != name or found.text() != text or len(found.root) != 32:
        raise ValueError("this is no checkpoint of this record")
    return found


def _check_signature(
    line: str, text: str, name: str, public_key: bytes, verifies: Callable[[bytes, bytes, bytes], bool]
) -> None:
    start = f"\u2014 {name} "
    if not line.startswith(start) or not line.endswith("\n"):
        raise ValueError("the checkpoint has no signature of this key")
    coded = line[len(start) : -1]
    signature = base64.b64decode(coded, validate=True)
    if base64.b64encode(signature).decode() != coded or signature[:4] != key_id(name, public_key):
        raise ValueError("the checkpoint has no signature of this key")
    if not verifies(public_key, text.encode(), signature[4:]):
        raise ValueError("the signature of the checkpoint does not fit")


# --- keys that were changed -------------------------------------------------------------------------------------------


class Handover:
    """The key `old` says that it signs no checkpoint of more rows than `last` has, and that `new` does from then on."""

    def __init__(self, last: Checkpoint, old: bytes, new: bytes) -> None:
        self.last, self.old, self.new = last, old, new

    def text(self) -> str:
        """What both keys sign. It has other lines than a checkpoint, so that neither can stand for the other."""
        name = self.last.origin
        return f"{self.last.text()}key {key_text(name, self.old)}\nnext {key_text(name, self.new)}\n"


def read_handover(note: str, name: str, verifies: Callable[[bytes, bytes, bytes], bool] = ed25519_verifies) -> Handover:
    """Raises ValueError where anything of it is not as the owners of both keys wrote it."""
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if len(lines) != 6 or not lines[4].startswith("key ") or not lines[5].startswith("next "):
        raise ValueError("this is no handover of the signing key")
    (its, old), (others, new) = read_key(lines[4][4:]), read_key(lines[5][5:])
    found = Handover(_read_checkpoint("\n".join([*lines[:4], ""]), name), old, new)
    if its != name or others != name or old == new or found.text() != f"{text}\n":
        raise ValueError("this is no handover of the signing key of this record")
    by_old, _, by_new = signatures.partition("\n")
    _check_signature(f"{by_old}\n", found.text(), name, old, verifies)
    _check_signature(by_new, found.text(), name, new, verifies)
    return found


class Keys:
    """Which key signed when. `handovers`: in the order in which they happened; `trusted`: any of the keys.

    Raises ValueError where the chain is broken, or does not lead to the key that is trusted.
    """

    def __init__(self, trusted: bytes, handovers: list[Handover]) -> None:
        for one, other in zip(handovers[:-1], handovers[1:]):  # noqa: B905, RUF007 - Python 3.9 has neither
            if one.new != other.old or one.last.size >= other.last.size:
                raise ValueError(f"the key that signs from row {other.last.size} on was never handed over to")
        keys = [one.old for one in handovers] + [one.new for one in handovers[-1:]]
        if keys and trusted not in keys:
            raise ValueError("the key that is trusted was never handed over to, nor handed over itself")
        self.handovers, self.newest = handovers, keys[-1] if keys else trusted

    def of(self, size: int) -> bytes:
        """The key in force for a checkpoint of so many rows."""
        return next((one.old for one in self.handovers if size <= one.last.size), self.newest)


def read_signed(
    note: str, name: str, keys: Keys, verifies: Callable[[bytes, bytes, bytes], bool] = ed25519_verifies
) -> Checkpoint:
    """As `read_note`, by the key that was in force. Raises ValueError."""
    said = _read_checkpoint(f"{note.partition(chr(10) * 2)[0]}\n", name)
    return read_note(note, name, keys.of(said.size), verifies)


# --- bundles ----------------------------------------------------------------------------------------------------------


def read_bundle(path: str) -> Bundle:
    """Raises ValueError, OSError."""
    try:
        with zipfile.ZipFile(path) as file:
            text = file.read(BUNDLE)
        found = json.loads(text)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError, RuntimeError) as error:
        raise ValueError("this is no bundle of the record") from error
    if not isinstance(found, dict):
        raise ValueError("this is no bundle of the record")
    return found


def problems(bundle: Bundle, key: str | None = None) -> list[str]:
    """All that does not fit, one sentence each; empty where everything does. `key`: the public key one trusts."""
    try:
        return _problems(bundle, key)
    except (KeyError, TypeError, AttributeError) as error:
        return [f"the bundle is not in the form of this verifier: {type(error).__name__}"]
    except ValueError as error:
        return [str(error)]


def _problems(bundle: Bundle, key: str | None) -> list[str]:
    handed = bundle["handovers"] if bundle["form"] == FORM_WITH_HANDOVERS else []
    if bundle["form"] != (FORM_WITH_HANDOVERS if handed else FORM):
        return [f"this verifier reads form {FORM}, and {FORM_WITH_HANDOVERS} where the key was changed"]
    name, public_key = read_key(bundle["key"])
    keys = Keys(public_key, [_handover(row, name) for row in handed])
    if key is not None:
        if not handed and bundle["key"] != key.strip():
            return ["the bundle was signed with another key than the one given"]
        trusted_name, trusted = read_key(key)
        if trusted_name != name:
            return ["the key given is that of another record"]
        keys = Keys(trusted, keys.handovers)
    if public_key != keys.newest:
        return ["the bundle names another key than the one in force"]
    covering, newest = (read_signed(note, name, keys) for note in (bundle["covering"], bundle["newest"]))
    found: list[str] = []
    path = [bytes.fromhex(one) for one in bundle["consistency"]]
    if not continues(covering.size, covering.root, newest.size, newest.root, path):
        found.append(f"the checkpoint of {covering.size} rows is no beginning of the one of {newest.size} rows")
    places = [row["leaf"] for row in bundle["rows"]]
    if bundle["whole"] not in (True, False):
        found.append("the bundle does not say whether rows may be left out")
    if places != sorted(set(places)):
        found.append("the rows are not in the order of their places")
    if bundle["whole"] and places and places != list(range(places[0], places[0] + len(places))):
        found.append("rows between the first and the last are left out")
    tenant = name.rpartition("/")[2]
    for row in handed:
        leaf = leaf_hash(f"{row['text']}\n{row['mac']}\n".encode())
        path = [bytes.fromhex(one) for one in row["proof"]]
        if not includes(leaf, row["leaf"], newest.size, path, newest.root):
            found.append(f"the handover of the key at row {row['leaf']} is not in the record")
    for row in bundle["rows"]:
        leaf = leaf_hash(f"{row['text']}\n{row['mac']}\n".encode())
        path = [bytes.fromhex(one) for one in row["proof"]]
        if not includes(leaf, row["leaf"], newest.size, path, newest.root):
            found.append(f"row {row['leaf']} is not the one that was recorded")
        elif json.loads(row["text"])["tenant"] != tenant:
            found.append(f"row {row['leaf']} is of another municipality")
        elif row["leaf"] >= covering.size:
            found.append(f"row {row['leaf']} is younger than the checkpoint that is to cover it")
    return found


def extent(bundle: Bundle) -> str:
    """What of the record the rows are, by the word of the bundle: whoever was promised a period must see it."""
    places = [row["leaf"] for row in bundle["rows"]]
    if not places:
        return "no row is in it"
    if bundle["whole"]:
        return f"every row from {places[0]} to {places[-1]} is in it"
    return "these rows were chosen: others, between them as well, are not in it"


def _handover(row: Bundle, name: str) -> Handover:
    said = json.loads(row["text"])
    if said["act"] != HANDOVER:
        raise ValueError(f"row {row['leaf']} is no handover of the signing key")
    found = read_handover(said["details"]["note"], name)
    if found.last.size != row["leaf"]:
        raise ValueError(f"the handover at row {row['leaf']} stands elsewhere than it says")
    return found


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    say = sys.stdout.write
    key = None
    if "--key" in arguments[:-1]:
        at = arguments.index("--key")
        key = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2 :]
    if len(arguments) != 1:
        say("usage: verifier.py BUNDLE [--key KEY]\n")
        return 2
    try:
        bundle = read_bundle(arguments[0])
    except (OSError, ValueError) as error:
        say(f"cannot be read: {error}\n")
        return 2
    found = problems(bundle, key)
    for one in found:
        say(f"WRONG: {one}\n")
    if found:
        return 1
    rows = bundle["rows"]
    say(f"everything fits: {len(rows)} rows of {bundle['key'].partition('+')[0]}\n")
    say(f"{extent(bundle)}\n")
    say(f"covered by:\n{bundle['covering']}\nnewest checkpoint:\n{bundle['newest']}\n")
    for one in bundle.get("handovers", []):
        say(f"the key was changed at row {one['leaf']}, signed by both\n")
    say(f"key: {bundle['key']}\n")
    if key is None:
        say("Compare the key with the one the city made public: it came with the bundle.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
