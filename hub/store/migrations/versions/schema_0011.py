"""The oldest message without an end, by hop, without reading all of them; connectors that are drained."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_UNENDED = sa.text('"end" IS NULL')


def upgrade() -> None:
    op.create_index(
        "ix_messages_open",
        "messages",
        ["tenant", "hop", "accepted_at"],
        sqlite_where=_UNENDED,
        postgresql_where=_UNENDED,
    )
    op.add_column("circuits", sa.Column("draining", sa.Boolean, nullable=False, server_default=sa.false()))
