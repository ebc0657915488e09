"""The table of emergencies. See `hub.ports.emergencies` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

emergencies = sa.Table(
    "emergencies",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("who"),
    _text("reason"),
    _text("ticket", nullable=True),
    _integer("at"),
    _integer("until"),
    _integer("ended_at", nullable=True),
    _text("ended_by", nullable=True),
    sa.Index("ix_emergencies_until", "tenant", "until"),
)
