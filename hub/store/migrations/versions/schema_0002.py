"""Replay plans, and cases of dead letters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("dead_letters", sa.Column("outgoing", sa.Text))
    op.create_index("ix_dead_letters_code", "dead_letters", ["tenant", "state", "code", "id"])
    op.create_index("ix_dead_letters_cause", "dead_letters", ["tenant", "state", "code", "hop", "type", "at"])
    op.create_table(
        "cases",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("ticket", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "case_id", name="pk_cases"),
    )
    op.create_table(
        "case_notes",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_notes"),
    )
    op.create_index("ix_case_notes_case", "case_notes", ["tenant", "case_id", "id"])
    op.create_table(
        "replay_plans",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("rate", sa.BigInteger),
        sa.Column("insist", sa.Boolean, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("frozen_at", sa.BigInteger, nullable=False),
        sa.Column("halted_by", sa.Text),
        sa.Column("runner", sa.Text),
        sa.Column("runner_until", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("entered_at", sa.BigInteger),
        sa.Column("entered_pending", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_replay_plans"),
    )
    op.create_table(
        "replay_items",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("plan_id", sa.BigInteger, nullable=False),
        sa.Column("dead_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("prospect", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("was", sa.Text),
        sa.Column("outgoing", sa.Text),
        sa.Column("record", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("differs", sa.Boolean),
        sa.PrimaryKeyConstraint("tenant", "plan_id", "dead_id", name="pk_replay_items"),
    )
    op.create_index("ix_replay_items_state", "replay_items", ["tenant", "plan_id", "state", "dead_id"])
    op.create_index("ix_replay_items_record", "replay_items", ["tenant", "plan_id", "hop", "record", "dead_id"])
    op.create_index("ix_replay_items_message", "replay_items", ["tenant", "plan_id", "message_id", "hop"])
