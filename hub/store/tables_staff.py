"""The tables of the personnel feed. See `hub.ports.staff` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _boolean, _integer, _text, metadata

# The last one. Days are ISO dates.
staff_feeds = sa.Table(
    "staff_feeds",
    metadata,
    _text("tenant"),
    _text("of"),
    _text("digest"),
    _integer("people"),
    _integer("at"),
    _text("who"),
    sa.PrimaryKeyConstraint("tenant"),
)

staff = sa.Table(
    "staff",
    metadata,
    _text("tenant"),
    _text("account"),
    _text("staff_id"),
    _text("department"),
    _text("since"),
    _text("until", nullable=True),
    _text("standing"),
    _boolean("listed"),
    sa.PrimaryKeyConstraint("tenant", "account"),
)
