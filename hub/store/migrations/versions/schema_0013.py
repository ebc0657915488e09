"""Emergencies: who may reveal for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", _ROW_ID, nullable=False),
        _text("tenant"),
        _text("who"),
        _text("reason"),
        _text("ticket", nullable=True),
        _integer("at"),
        _integer("until"),
        _integer("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_emergencies"),
    )
    op.create_index("ix_emergencies_until", "emergencies", ["tenant", "until"])
