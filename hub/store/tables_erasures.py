"""The table of erasures. See `hub.ports.erasure` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

# `aliases`: JSON [[kind, hash], …]; `found`: JSON, what was erased.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("state"),
    _text("aliases"),
    _text("who"),
    _text("reason"),
    _text("ticket", nullable=True),
    _integer("at"),
    _text("found"),
    _text("decided_by", nullable=True),
    _text("decided_reason", nullable=True),
    _integer("decided_at", nullable=True),
    sa.Index("ix_erasures_state", "tenant", "state", "id"),
)
