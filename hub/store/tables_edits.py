"""The table of edits. See `hub.ports.edits` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

# `fields`: JSON [path, …].
edits = sa.Table(
    "edits",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _integer("dead_id"),
    _text("message_id"),
    _text("digest"),
    _text("state"),
    _text("fields"),
    _text("who"),
    _text("reason"),
    _text("ticket", nullable=True),
    _integer("at"),
    _text("decided_by", nullable=True),
    _text("decided_reason", nullable=True),
    _integer("decided_at", nullable=True),
    _text("envelope"),
    _text("key_id"),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Index("ix_edits_state", "tenant", "state", "id"),
    sa.Index("ix_edits_dead", "tenant", "dead_id"),
)
