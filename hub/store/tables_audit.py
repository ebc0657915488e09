"""The tables of the record. See `hub.ports.audit` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

# Only ever appended. `id` grows, with gaps where a transaction was undone, and may be committed out of its order;
# `leaf` is the gapless place in the tree, given afterwards by one sequencer to whatever was committed by then.
audit_rows = sa.Table(
    "audit_rows",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _integer("at"),
    _integer("leaf", nullable=True),
    _text("text"),
    _text("mac"),
    sa.UniqueConstraint("tenant", "leaf"),
)
_TAIL = audit_rows.c.leaf.is_(None)
sa.Index("ix_audit_rows_tail", audit_rows.c.tenant, audit_rows.c.id, sqlite_where=_TAIL, postgresql_where=_TAIL)

# Hashes of complete subtrees of 256 leaves (level 8), 65,536 leaves (level 16) and so on.
audit_tiles = sa.Table(
    "audit_tiles",
    metadata,
    _text("tenant"),
    _integer("level"),
    _integer("position"),
    _text("hash"),
    sa.PrimaryKeyConstraint("tenant", "level", "position"),
)

# How far the tree has come. One row, the lock of the sequencers. `frontier`: JSON, hashes of the complete subtrees that
# make up `size`, largest first; `anchored`: how much of it a checkpoint outside the database covers; `key`:
# the public key that signs, as it is handed out, NULL where it was never changed.
audit_state = sa.Table(
    "audit_state",
    metadata,
    _text("tenant"),
    _integer("size"),
    _text("frontier"),
    _integer("anchored"),
    _integer("verified_at", nullable=True),
    _text("key", nullable=True),
    sa.PrimaryKeyConstraint("tenant"),
)

# Signed notes, as they are handed out.
audit_checkpoints = sa.Table(
    "audit_checkpoints",
    metadata,
    _text("tenant"),
    _integer("size"),
    _integer("at"),
    _text("note"),
    sa.PrimaryKeyConstraint("tenant", "size"),
)
