"""Who works here, by the last feed of the personnel office."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "staff_feeds",
        _text("tenant"),
        _text("of"),
        _text("digest"),
        sa.Column("people", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        _text("who"),
        sa.PrimaryKeyConstraint("tenant", name="pk_staff_feeds"),
    )
    op.create_table(
        "staff",
        _text("tenant"),
        _text("account"),
        _text("staff_id"),
        _text("department"),
        _text("since"),
        _text("until", nullable=True),
        _text("standing"),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account", name="pk_staff"),
    )
