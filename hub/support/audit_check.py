"""Is the record what it was? Every row, every place, every checkpoint, in the database and outside it (R48, R49)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.audit.outside import OutsideFile
from hub.audit.rows import leaf_data, row_mac
from hub.audit.signing import origin
from hub.audit.tree import TILE, Frontier, Tile
from hub.audit.verifier import Checkpoint, Keys, key_text, leaf_hash, read_signed
from hub.ports.audit import Audit, AuditRow, KeptNote
from hub.support.handover import chain, lost

_PAGE = 1000
_MOST = 100  # findings; after so many more do not help


@dataclass(slots=True)
class Findings:
    """`wrong`: one sentence each; `rows` with a place, `unsigned` without a checkpoint yet; `checkpoints` by size."""

    rows: int = 0
    unsigned: int = 0
    checkpoints: int = 0
    newest: Checkpoint | None = None
    wrong: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        if len(self.wrong) < _MOST:
            self.wrong.append(text)


def verify(
    store: Audit, tenant: str, public_key: bytes, mac_key: bytes | None, outside: OutsideFile | None
) -> Findings:
    """`public_key`: one of those that signed.

    `mac_key`: None where the master key is not there, `outside`: None where no file is: less is found then.
    """
    found = Findings()
    keys = _keys(store, tenant, public_key, found)
    _walk(store, _checkpoints(store, tenant, keys, outside, found), keys, mac_key, found)
    return found


def _keys(store: Audit, tenant: str, public_key: bytes, found: Findings) -> Keys:
    """Which key signed when, and that the database goes on with the one in force."""
    for place in lost(store):
        found.add(f"row {place}: the signing key was lost; checkpoints up to here are by a key that did not hand over")
    name, head = origin(tenant), store.audit_head()  # before the rows: a key may be handed over meanwhile
    try:
        keys = chain(store, name, public_key, _verifies)
    except ValueError as error:
        found.add(str(error))
        return Keys(public_key, [])
    told = key_text(name, keys.newest) if keys.handovers or lost(store) else None
    if head.key != told and store.audit_head().key != told:
        found.add("the database names another signing key than the one that was last handed over to")
    return keys


def _checkpoints(
    store: Audit, tenant: str, keys: Keys, outside: OutsideFile | None, found: Findings
) -> Iterator[Checkpoint]:
    """All of them by size, from both places, which must say the same. There is one a second for years: none is kept.

    The hub may be at work meanwhile: how far it is outside is read first, the length of the file next, the database
    last.
    """
    anchored = store.audit_head().anchored
    written = iter(()) if outside is None else _written(outside, tenant, keys, found)
    inside = _kept(store)
    kept, other = next(inside, None), next(written, None)
    while kept is not None or other is not None:
        if other is None or (kept is not None and kept.size < other[0].size):
            assert kept is not None
            if outside is not None and kept.size <= anchored:
                found.add(f"checkpoint of {kept.size} rows: no more in {outside.path.name}")
            if (read := _signed(kept, tenant, keys, found)) is not None:
                yield read
            kept = next(inside, None)
            continue
        checkpoint, note = other
        if kept is None or checkpoint.size < kept.size:
            found.add(
                f"checkpoint of {checkpoint.size} rows: outside, but not in the database, which was changed or restored"
            )
        else:
            if kept.note != note:
                _signed(kept, tenant, keys, found)
                found.add(f"checkpoint of {checkpoint.size} rows: another one outside than in the database")
            kept = next(inside, None)
        yield checkpoint
        other = next(written, None)


def _kept(store: Audit) -> Iterator[KeptNote]:
    """Those of the database."""
    after = -1
    while page := store.audit_checkpoints(after, _PAGE):
        yield from page
        after = page[-1].size


def _signed(kept: KeptNote, tenant: str, keys: Keys, found: Findings) -> Checkpoint | None:
    """One of the database; None where it is not as it was signed."""
    read = _read(kept.note, tenant, keys)
    if read is None or read.size != kept.size:
        found.add(f"checkpoint of {kept.size} rows in the database: not as it was signed")
        return None
    return read


def _written(outside: OutsideFile, tenant: str, keys: Keys, found: Findings) -> Iterator[tuple[Checkpoint, str]]:
    """Those of the file, each with its note, as far as each covers more rows than the one before."""
    number, last, before = 0, -1, ""
    for one in outside.standing():
        if not one.whole:
            found.add(f"{outside.path.name} holds {len(one.text)} characters that are no checkpoint")
            continue
        number += 1
        read = _read(one.text, tenant, keys)
        if read is None:
            found.add(f"checkpoint {number} in {outside.path.name}: not as it was signed")
        elif one.text == before:
            continue  # a crash cut off nothing but its last line end
        elif read.size <= last:
            found.add(f"checkpoint {number} in {outside.path.name}: {read.size} rows, after one of {last}")
        else:
            last = read.size
            yield read, one.text
        before = one.text


def _walk(store: Audit, checkpoints: Iterator[Checkpoint], keys: Keys, mac_key: bytes | None, found: Findings) -> None:
    """All rows in the order of their places, the tree built anew beside the checkpoints."""
    tree, rows, good, torn = Frontier(), _leaves(store), 0, False
    handed = {one.last.size: one.last.root for one in keys.handovers}
    for note in checkpoints:
        found.checkpoints += 1
        found.newest = note
        if handed.get(note.size, note.root) != note.root:
            found.add(f"row {note.size}: the signing key was handed over after other rows than these")
        torn = torn or not _grow(store, tree, rows, note.size, mac_key, found)
        if torn or tree.size < note.size:
            continue  # what checkpoints say of each other is looked at all the same
        if note.root == tree.root():
            good = tree.size
        else:
            found.add(f"rows {good} to {tree.size - 1}: not those that the checkpoint of {note.size} rows signed")
            torn = True
    if torn:
        return
    newest = 0 if found.newest is None else found.newest.size
    if newest > tree.size:
        found.add(f"rows {tree.size} to {newest - 1} are missing: a checkpoint covers {newest} rows")
    if store.audit_leaves(newest, 1) and not store.audit_checkpoints(newest, 1):  # nor did any come meanwhile
        found.add(f"rows from {newest} on have a place and no checkpoint")
    _check_tail(store, mac_key, found)


def _grow(
    store: Audit, tree: Frontier, rows: Iterator[AuditRow], size: int, mac_key: bytes | None, found: Findings
) -> bool:
    """Add the next rows until there are so many, or no more. False where one is missing in between."""
    while tree.size < size and (row := next(rows, None)) is not None:
        if row.leaf != tree.size:
            found.add(f"row {tree.size} is missing; the next one is row {row.leaf}")
            return False
        if mac_key is not None and row_mac(mac_key, row.text) != row.mac:
            found.add(f"row {row.leaf} (id {row.id}): its HMAC does not fit, it was changed or forged")
        for tile in tree.append(leaf_hash(leaf_data(row.text, row.mac))):
            _check_tile(store, tile, found)
        found.rows = tree.size
    return True


def _check_tail(store: Audit, mac_key: bytes | None, found: Findings) -> None:
    """Rows that wait for their place: nothing but their HMAC holds them."""
    after = 0
    while page := store.waiting_audit_rows(after, _PAGE):
        for row in page:
            found.unsigned += 1
            if mac_key is not None and row_mac(mac_key, row.text) != row.mac:
                found.add(f"row with id {row.id}, not signed yet: its HMAC does not fit")
        after = page[-1].id


def _check_tile(store: Audit, tile: Tile, found: Findings) -> None:
    kept = store.audit_tile(tile.level, tile.position)[:1]
    if kept != [tile.hash]:
        first = tile.position << tile.level
        found.add(f"the kept hash of rows {first} to {first + (1 << tile.level) - 1} is not theirs: proofs would fail")


def _leaves(store: Audit) -> Iterator[AuditRow]:
    start = 0
    while page := store.audit_leaves(start, 4 * TILE):
        yield from page
        assert page[-1].leaf is not None
        start = page[-1].leaf + 1


def _read(note: str, tenant: str, keys: Keys) -> Checkpoint | None:
    try:
        return read_signed(note, origin(tenant), keys, _verifies)
    except ValueError:
        return None


def _verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """The library's, which is a hundred times as fast as the verifier's own."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
