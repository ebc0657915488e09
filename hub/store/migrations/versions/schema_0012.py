"""The tamper-evident record: rows, tree, signed checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TAIL = sa.text("leaf IS NULL")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "audit_rows",
        sa.Column("id", _ROW_ID, nullable=False),
        _text("tenant"),
        _integer("at"),
        _integer("leaf", nullable=True),
        _text("text"),
        _text("mac"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_rows"),
        sa.UniqueConstraint("tenant", "leaf", name="uq_audit_rows"),
    )
    op.create_index("ix_audit_rows_tail", "audit_rows", ["tenant", "id"], sqlite_where=_TAIL, postgresql_where=_TAIL)
    op.create_table(
        "audit_tiles",
        _text("tenant"),
        _integer("level"),
        _integer("position"),
        _text("hash"),
        sa.PrimaryKeyConstraint("tenant", "level", "position", name="pk_audit_tiles"),
    )
    op.create_table(
        "audit_state",
        _text("tenant"),
        _integer("size"),
        _text("frontier"),
        _integer("anchored"),
        _integer("verified_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant", name="pk_audit_state"),
    )
    op.create_table(
        "audit_checkpoints",
        _text("tenant"),
        _integer("size"),
        _integer("at"),
        _text("note"),
        sa.PrimaryKeyConstraint("tenant", "size", name="pk_audit_checkpoints"),
    )
