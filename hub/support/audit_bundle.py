"""Evidence for others: chosen rows with proofs, checkpoints, key, and the verifier, in one file (R48, R70)."""

import io
import json
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from hub.audit import verifier
from hub.audit.tree import Proofs
from hub.errors import Refused
from hub.ports.audit import Audit, AuditFilter, AuditRow, KeptNote
from hub.support import handover

HELD = "held.json"
_PAGE = 1000
_MAIN = "import sys\n\nimport verifier\n\nsys.exit(verifier.main(sys.argv[1:] or [sys.argv[0]]))\n"


def chosen(store: Audit, where: Collection[AuditFilter], size: int) -> list[AuditRow]:
    """Rows among the first `size` that one of the filters takes, in the order of their places."""
    found: dict[int, AuditRow] = {}
    for one in where:
        start = 0
        while page := store.audit_leaves(start, _PAGE, one):
            found |= {row.leaf: row for row in page if row.leaf is not None and row.leaf < size}
            assert page[-1].leaf is not None
            start = page[-1].leaf + 1
    return [found[leaf] for leaf in sorted(found)]


def unbroken(store: Audit, rows: list[AuditRow]) -> list[AuditRow]:
    """All rows from the first of these to the last: a period is handed out whole, so that nothing can be left out."""
    if not rows:
        return []
    first, last = rows[0].leaf, rows[-1].leaf
    assert first is not None
    assert last is not None
    found: list[AuditRow] = []
    while first + len(found) <= last:
        start = first + len(found)
        found += store.audit_leaves(start, min(_PAGE, last - start + 1))
    return found


def newest(store: Audit) -> KeptNote:
    """Raises Refused `audit.empty`."""
    head = store.audit_head()
    notes = store.audit_checkpoints(head.anchored - 1, 1)
    if head.anchored == 0 or not notes:
        raise Refused("audit.empty", "no checkpoint of the record is safe outside the database yet")
    return notes[0]


def bundle(store: Audit, key_text: str, rows: list[AuditRow], newest: KeptNote, whole: bool) -> dict[str, Any]:
    """What the verifier reads. `key_text`: the key that signed the newest checkpoint; `whole`: the rows are all
    between the first and the last. Handovers of the key that the checkpoint covers go with it."""
    proofs = Proofs(store.audit_tile)
    covering = newest
    if rows:
        assert rows[-1].leaf is not None
        covering = store.audit_checkpoints(rows[-1].leaf, 1)[0]  # the first one that covers the last row

    def proved(row: AuditRow) -> dict[str, Any]:
        proof = [one.hex() for one in proofs.inclusion(row.leaf or 0, newest.size)]
        return {"leaf": row.leaf, "text": row.text, "mac": row.mac, "proof": proof}

    handed = [proved(row) for row in handover.rows(store, newest.size)]
    return {
        "form": verifier.FORM_WITH_HANDOVERS if handed else verifier.FORM,
        "key": key_text,
        "whole": whole,
        **({"handovers": handed} if handed else {}),
        "rows": [proved(row) for row in rows],
        "covering": covering.note,
        "newest": newest.note,
        "consistency": [one.hex() for one in proofs.consistency(covering.size, newest.size)],
    }


def write(
    path: Path, content: dict[str, Any], opener: Callable[[Path], int], held: list[dict[str, Any]] | None = None
) -> None:
    """One file: a ZIP that Python can run, with the verifier in it. `opener`: makes the file, for its owner alone;
    `held`: what lies here about the person, for the answer to that person."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(verifier.BUNDLE, json.dumps(content, ensure_ascii=False, indent=1))
        file.writestr("verifier.py", Path(verifier.__file__).read_text(encoding="utf-8"))
        file.writestr("__main__.py", _MAIN)
        if held is not None:
            file.writestr(HELD, json.dumps(held, ensure_ascii=False, indent=1))
    with open(opener(path), "wb") as file_on_disk:  # noqa: PTH123 - of a file descriptor
        file_on_disk.write(packed.getvalue())
