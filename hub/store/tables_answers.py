"""What publishers are to be told, until the broker has it."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("partner"),
    _text("published_as"),
    _text("message_id"),
    _text("hop"),
    _text("type"),
    _text("outcome"),
    _text("code", nullable=True),
    _integer("attempt"),
    _integer("at"),
    _integer("claimed_until"),
)
