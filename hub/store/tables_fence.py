"""The tables of fences and holds. See `hub.ports.fence` and `hub.ports.holds` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _integer, _text, metadata

# Whose list it is and how far it has come. One row, the lock of all acts; everything it says follows from the acts.
fence_registry = sa.Table(
    "fence_registry",
    metadata,
    _text("tenant"),
    _text("epoch"),
    _integer("position"),
    _text("mark"),
    _text("listed_by"),
    _text("confirmed_by", nullable=True),
    sa.PrimaryKeyConstraint("tenant"),
)

# Acts, only ever appended. `step` is also "found" and "complete", of a whole list, with the epoch as `number`.
# `mark`: chained digest, so that an older or another registry is known from its last act.
fence_acts = sa.Table(
    "fence_acts",
    metadata,
    _text("tenant"),
    _integer("position"),
    _text("measure"),
    _text("step"),
    _text("source"),
    _text("subject"),
    _text("item"),
    _text("who"),
    _integer("at"),
    _integer("version", nullable=True),
    _text("number"),
    _text("reason"),
    _integer("effective_at"),
    _text("target"),
    _text("ticket", nullable=True),
    _text("mark"),
    sa.PrimaryKeyConstraint("tenant", "position"),
    sa.Index("ix_fence_acts_measure", "tenant", "measure", "position"),
)

# By which numbers a message is found to be about a measure.
fence_names = sa.Table(
    "fence_names",
    metadata,
    _text("tenant"),
    _text("hash"),
    _text("kind"),
    _text("measure"),
    sa.PrimaryKeyConstraint("tenant", "hash", "kind", "measure"),
)

# Two numbers of one person, in both directions. Never removed: an error here protects one person too many.
links = sa.Table(
    "links",
    metadata,
    _text("tenant"),
    _text("hash"),
    _text("kind"),
    _text("other_hash"),
    _text("other_kind"),
    sa.PrimaryKeyConstraint("tenant", "hash", "kind", "other_hash", "other_kind"),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("message_id"),
    _text("hop"),
    _text("correlation_id"),
    _text("type"),
    _text("source"),
    _text("code"),
    _integer("version"),
    _text("outgoing"),
    _text("queue"),
    _text("state"),
    _integer("at"),
    _text("withheld"),
    _text("part"),
    _text("persons"),
    _text("envelope"),
    _text("key_id"),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("tenant", "message_id", "hop", "outgoing", "version"),
    sa.Index("ix_holds_state", "tenant", "state", "id"),
)

hold_acts = sa.Table(
    "hold_acts",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _integer("hold_id"),
    _integer("at"),
    _text("who"),
    _text("act"),
    _text("reason"),
    _text("ticket", nullable=True),
    sa.Index("ix_hold_acts_hold", "tenant", "hold_id", "id"),
)
