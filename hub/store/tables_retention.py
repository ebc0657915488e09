"""The tables of deletions. See `hub.ports.retention` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

retention_batches = sa.Table(
    "retention_batches",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("state"),
    _integer("before"),
    _text("who"),
    _integer("at"),
    _integer("dead_letters"),
    _integer("holds"),
    _integer("blocked"),
    _text("confirmed_by", nullable=True),
    _integer("confirmed_at", nullable=True),
    _text("accepted_by", nullable=True),
    _integer("accepted_at", nullable=True),
    _text("note", nullable=True),
)

# What a batch listed and nobody has deleted yet. `kind`: "dead" or "hold".
retention_items = sa.Table(
    "retention_items",
    metadata,
    _text("tenant"),
    _integer("batch_id"),
    _text("kind"),
    _integer("item_id"),
    sa.PrimaryKeyConstraint("tenant", "batch_id", "kind", "item_id"),
)
