"""The tables of replay plans. See `hub.ports.plans` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _boolean, _integer, _text, metadata

plans = sa.Table(
    "replay_plans",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("state"),
    _text("selection"),
    _integer("rate", nullable=True),
    _boolean("insist"),
    _text("who"),
    _text("reason"),
    _integer("created_at"),
    _integer("frozen_at"),
    _integer("judged_at", nullable=True),
    _text("halted_by", nullable=True),
    _text("runner", nullable=True),
    _integer("runner_until"),
    _integer("next_at"),
    _integer("entered_at", nullable=True),
    _integer("entered_pending"),
    _integer("ended_at", nullable=True),
)

# What is needed of the dead letter is kept here as well: progress is read without it. The order is that of `dead_id`.
plan_items = sa.Table(
    "replay_items",
    metadata,
    _text("tenant"),
    _integer("plan_id"),
    _integer("dead_id"),
    _text("message_id"),
    _text("correlation_id"),
    _text("hop"),
    _text("type"),
    _text("code"),
    _integer("attempt"),
    _text("state"),
    _text("prospect", nullable=True),
    _text("detail", nullable=True),
    _text("was", nullable=True),
    _text("outgoing", nullable=True),
    _text("record", nullable=True),
    _text("result", nullable=True),
    sa.Column("differs", sa.Boolean, nullable=True),
    sa.PrimaryKeyConstraint("tenant", "plan_id", "dead_id"),
    sa.Index("ix_replay_items_state", "tenant", "plan_id", "state", "dead_id"),
    sa.Index("ix_replay_items_record", "tenant", "plan_id", "hop", "record", "dead_id"),
    sa.Index("ix_replay_items_message", "tenant", "plan_id", "message_id", "hop"),
)
