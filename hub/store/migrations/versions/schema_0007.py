"""Erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_reason", sa.Text),
        sa.Column("decided_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_state", "erasures", ["tenant", "state", "id"])
