"""The key that signs the record, and another one in its place: said in the record itself, signed by both (R48)."""

import json
from collections.abc import Callable
from contextlib import suppress

from hub.audit.signing import Signer, SigningKeys, create_signing_key
from hub.audit.verifier import HANDOVER, Handover, Keys, ed25519_verifies, key_text, read_handover
from hub.clock import now_us
from hub.errors import Refused
from hub.home import Home
from hub.ports.audit import Audit, AuditFilter, AuditRow, Entry, KeptNote

_PAGE = 1000


def make_successor(home: Home) -> None:
    """Write keys/audit.new.key, to be copied to every host first. Raises Refused `keys.waiting`."""
    try:
        create_signing_key(home.next_audit_key)
    except FileExistsError:
        raise Refused("keys.waiting", "keys/audit.new.key is there already") from None


def hand_over(store: Audit, keys: SigningKeys, new: Signer, who: str, reason: str) -> KeptNote:
    """From the key in force to the new one, whose first checkpoint comes with it.

    Raises ConfigError `config.key_file` where the key in force is not on this host.
    """

    def handing(size: int, root: bytes, time: int, key: str | None) -> Entry:
        note = keys.in_force(key).hand_over(new, size, root, time)
        return Entry(HANDOVER, (), time, purpose=reason, details={"note": note}, actor=who)

    return store.hand_over_audit(handing, new.note, new.key_text, now_us())


def put_aside(home: Home, earlier: Signer) -> str:
    """The new key's file takes the place of the earlier one, which stays beside it under its id; returns that id."""
    key_id = earlier.key_text.split("+")[1]
    if home.next_audit_key.exists():
        with suppress(FileExistsError):
            home.earlier_audit_key(key_id).hardlink_to(home.audit_key)
        home.next_audit_key.replace(home.audit_key)
    return key_id


def begin_anew(store: Audit, new: Signer) -> None:
    """Sign with this key though the one in force is lost and cannot hand over. The record says so, and `renkei audit
    verify` from then on."""

    def handing(_size: int, _root: bytes, time: int, key: str | None) -> Entry:
        return Entry(HANDOVER, (), time, purpose="the signing key is lost", details={"lost": key or ""})

    store.hand_over_audit(handing, new.note, new.key_text, now_us())


def lost(store: Audit) -> list[int]:
    """Places at which a key took over that nobody handed over to."""
    return [row.leaf for row in _said(store) if row.leaf is not None and _is_lost(row)]


def rows(store: Audit, size: int | None = None) -> list[AuditRow]:
    """The rows that say so, among the first `size`, in the order of their places; after a key was lost, those since."""
    found = [row for row in _said(store) if size is None or (row.leaf is not None and row.leaf < size)]
    last = max((number for number, row in enumerate(found, 1) if _is_lost(row)), default=0)
    return found[last:]


def _said(store: Audit) -> list[AuditRow]:
    found: list[AuditRow] = []
    start = 0
    while page := store.audit_leaves(start, _PAGE, AuditFilter(act=HANDOVER)):
        found += page
        assert page[-1].leaf is not None
        start = page[-1].leaf + 1
    return [row for row in found if _is_one(row)]


def key_of(store: Audit, signer: Signer, newest: KeptNote) -> str:
    """The public key that signed this checkpoint, as it is handed out. Raises Refused `audit.handover`."""
    try:
        keys = chain(store, signer.name, signer.public_key)
    except ValueError as error:
        raise Refused("audit.handover", str(error)) from None
    return key_text(signer.name, keys.of(newest.size))


def chain(
    store: Audit,
    name: str,
    trusted: bytes,
    verifies: Callable[[bytes, bytes, bytes], bool] = ed25519_verifies,
) -> Keys:
    """Which key signed when, by the record. `name`: of the record, see `origin`.

    Raises ValueError where a handover is not as both keys signed it, or the trusted key is none of them.
    """
    return Keys(trusted, [_handover(row, name, verifies) for row in rows(store)])


def _handover(row: AuditRow, name: str, verifies: Callable[[bytes, bytes, bytes], bool]) -> Handover:
    said = json.loads(row.text)
    try:
        found = read_handover(str(said["details"]["note"]), name, verifies)
    except (ValueError, KeyError) as error:
        raise ValueError(f"row {row.leaf}: the handover of the signing key is not as both keys signed it") from error
    if found.last.size != row.leaf:
        raise ValueError(f"row {row.leaf}: the handover of the signing key stands elsewhere than it says")
    return found


def _is_lost(row: AuditRow) -> bool:
    return "lost" in json.loads(row.text)["details"]


def _is_one(row: AuditRow) -> bool:
    """The filter looks into the text, where a reason may say the same."""
    return bool(json.loads(row.text)["act"] == HANDOVER)
