"""The table of requests. See `hub.ports.requests` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

# `subjects`: JSON [id, …]; `scope`: JSON [[hop, type], …].
requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("kind"),
    _text("state"),
    _text("subjects"),
    _text("digest"),
    _integer("count"),
    _text("scope"),
    _text("who"),
    _text("purpose"),
    _text("ticket", nullable=True),
    _integer("at"),
    _integer("expires_at"),
    _text("decided_by", nullable=True),
    _text("decided_reason", nullable=True),
    _integer("decided_at", nullable=True),
    sa.Index("ix_requests_state", "tenant", "state", "id"),
)
