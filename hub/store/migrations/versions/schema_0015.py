"""Which master key a data key is wrapped under."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    op.add_column("keys", sa.Column("master", sa.Text, nullable=False, server_default=""))
    op.add_column("keys", sa.Column("form", sa.BigInteger, nullable=False, server_default="1"))
    op.create_index("ix_keys_master", "keys", ["tenant", "master", "id"])
    op.create_table(
        "masters",
        _text("tenant"),
        _text("key_id"),
        _text("state"),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key_id", name="pk_masters"),
    )
