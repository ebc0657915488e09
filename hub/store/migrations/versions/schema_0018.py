"""The ticket of a review of a hold, and of what asks to lift a fence."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for table in ("hold_acts", "fence_acts"):
        op.add_column(table, sa.Column("ticket", sa.Text, nullable=True))
