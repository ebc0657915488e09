"""Which rows a deletion listed: they and no others are deleted.

What was listed before and not deleted yet cannot be told any more: it has to be planned again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_PLANNED_ANEW = """
    UPDATE retention_batches SET state = 'cancelled', note = 'listed by an earlier version: plan it again'
    WHERE state IN ('listed', 'confirmed')
"""


def upgrade() -> None:
    op.create_table(
        "retention_items",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("batch_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "batch_id", "kind", "item_id", name="pk_retention_items"),
    )
    op.execute(_PLANNED_ANEW)
