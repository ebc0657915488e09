"""Until when a message has to have its end."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_AWAITED = sa.text('due_at IS NOT NULL AND "end" IS NULL')


def upgrade() -> None:
    op.add_column("messages", sa.Column("due_at", sa.BigInteger))
    op.create_index(
        "ix_messages_due", "messages", ["tenant", "due_at"], sqlite_where=_AWAITED, postgresql_where=_AWAITED
    )  # fmt: skip
