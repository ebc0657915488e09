"""Fences, who is who, and holds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.create_table(
        "fence_registry",
        *_texts("tenant", "epoch"),
        _integer("position"),
        *_texts("mark", "listed_by"),
        sa.Column("confirmed_by", sa.Text),
        sa.PrimaryKeyConstraint("tenant", name="pk_fence_registry"),
    )
    op.create_table(
        "fence_acts",
        *_texts("tenant"),
        _integer("position"),
        *_texts("measure", "step", "source", "subject", "item", "who"),
        _integer("at"),
        sa.Column("version", sa.BigInteger),
        *_texts("number", "reason"),
        _integer("effective_at"),
        *_texts("target", "mark"),
        sa.PrimaryKeyConstraint("tenant", "position", name="pk_fence_acts"),
    )
    op.create_index("ix_fence_acts_measure", "fence_acts", ["tenant", "measure", "position"])
    op.create_table(
        "fence_names",
        *_texts("tenant", "hash", "kind", "measure"),
        sa.PrimaryKeyConstraint("tenant", "hash", "kind", "measure", name="pk_fence_names"),
    )
    op.create_table(
        "links",
        *_texts("tenant", "hash", "kind", "other_hash", "other_kind"),
        sa.PrimaryKeyConstraint("tenant", "hash", "kind", "other_hash", "other_kind", name="pk_links"),
    )
    op.create_table(
        "holds",
        sa.Column("id", _ROW_ID, nullable=False),
        *_texts("tenant", "message_id", "hop", "correlation_id", "type", "source", "code"),
        _integer("version"),
        *_texts("outgoing", "queue", "state"),
        _integer("at"),
        *_texts("withheld", "part", "persons", "envelope", "key_id"),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("tenant", "message_id", "hop", "outgoing", "version", name="uq_holds"),
    )
    op.create_index("ix_holds_state", "holds", ["tenant", "state", "id"])
    op.create_table(
        "hold_acts",
        sa.Column("id", _ROW_ID, nullable=False),
        *_texts("tenant"),
        _integer("hold_id"),
        _integer("at"),
        *_texts("who", "act", "reason"),
        sa.PrimaryKeyConstraint("id", name="pk_hold_acts"),
    )
    op.create_index("ix_hold_acts_hold", "hold_acts", ["tenant", "hold_id", "id"])
