"""Which key signs the record."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("audit_state", sa.Column("key", sa.Text, nullable=True))
