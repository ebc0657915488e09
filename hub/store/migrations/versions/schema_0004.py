"""Permission lists."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "permission_lists",
        sa.Column("tenant", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("version", "valid_from", "valid_until", "taken_at", "size")
        ),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_permission_lists"),
    )
    op.create_table(
        "permitted",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("inquirer", "procedure", "provider", "item")),
        sa.PrimaryKeyConstraint("tenant", "version", "inquirer", "procedure", "provider", "item", name="pk_permitted"),
    )
