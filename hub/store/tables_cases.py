"""The tables of cases. See `hub.ports.cases` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

cases = sa.Table(
    "cases",
    metadata,
    _text("tenant"),
    _text("case_id"),
    _text("code"),
    _text("hop"),
    _text("type"),
    _text("state"),
    _text("owner", nullable=True),
    _text("ticket", nullable=True),
    sa.PrimaryKeyConstraint("tenant", "case_id"),
)

case_notes = sa.Table(
    "case_notes",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("case_id"),
    _integer("at"),
    _text("who"),
    _text("act"),
    _text("note"),
    sa.Index("ix_case_notes_case", "tenant", "case_id", "id"),
)
