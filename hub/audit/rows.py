"""One row of the record: canonical JSON (RFC 8785) and an HMAC-SHA256 under a key of its own (R48)."""

import hmac
import json
from hashlib import sha256

from hub.ports.audit import Entry

FORM = 1  # of the JSON
# For texts, whole numbers and lists under ASCII names this is RFC 8785 to the byte, at a seventh of the library's time,
# which every disclosure would pay twice; a test compares the two.
_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def row_text(tenant: str, entry: Entry, who: str, where: str) -> str:
    """The row as it is kept, handed out and hashed. Times are microseconds, well within what JSON numbers hold."""
    return _canonical(
        {
            "v": FORM,
            "tenant": tenant,
            "at": entry.at,
            "act": entry.act,
            "actor": entry.actor or who,
            "terminal": where,
            "what": list(entry.what),
            "persons": [[one.role, [[alias.kind, alias.hash] for alias in one.aliases]] for one in entry.persons],
            "purpose": entry.purpose,
            "basis": entry.basis,
            "details": dict(entry.details),
        }
    )


def row_mac(key: bytes, text: str) -> str:
    """Hex. Who has the database and not the key cannot write a row that fits."""
    return hmac.digest(key, text.encode(), sha256).hex()


def leaf_data(text: str, mac: str) -> bytes:
    """What the tree takes of a row: its text and its HMAC, each on a line."""
    return f"{text}\n{mac}\n".encode()
