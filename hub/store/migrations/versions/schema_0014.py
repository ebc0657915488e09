"""What publishers are to be told, until the broker has it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", _ROW_ID, nullable=False),
        _text("tenant"),
        _text("partner"),
        _text("published_as"),
        _text("message_id"),
        _text("hop"),
        _text("type"),
        _text("outcome"),
        _text("code", nullable=True),
        _integer("attempt"),
        _integer("at"),
        _integer("claimed_until"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
