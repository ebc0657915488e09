"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("accepted_at", sa.BigInteger, nullable=False),
        sa.Column("end", sa.Text),
        sa.Column("end_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("tenant", "message_id", "hop", name="pk_messages"),
    )
    op.create_table(
        "journal",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint(
            "tenant", "correlation_id", "message_id", "hop", "attempt", "outcome", "occurrence", name="uq_journal"
        ),
    )
    op.create_table(
        "leases",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("state_key", sa.Text),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("deadline", sa.BigInteger),
        sa.Column("in_doubt", sa.Boolean, nullable=False),
        sa.Column("persons", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "message_id", "hop", name="pk_leases"),
    )
    op.create_index(
        "ix_leases_open",
        "leases",
        ["tenant", "hop", "state_key"],
        sqlite_where=sa.text("deadline IS NOT NULL"),
        postgresql_where=sa.text("deadline IS NOT NULL"),
    )
    op.create_table(
        "versions",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("state_key", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("delivered", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "hop", "state_key", name="pk_versions"),
    )
    op.create_table(
        "sequence",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("sequence_key", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("envelope", sa.Text),
        sa.Column("key_id", sa.Text),
        sa.Column("ciphertext", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_sequence"),
        sa.UniqueConstraint("tenant", "message_id", "hop", name="uq_sequence"),
    )
    op.create_index(
        "ix_sequence_open",
        "sequence",
        ["tenant", "hop", "sequence_key", "id"],
        sqlite_where=sa.text("ended IS 0"),
        postgresql_where=sa.text("ended IS false"),
    )
    op.create_index(
        "ix_sequence_waiting",
        "sequence",
        ["tenant", "hop", "id"],
        sqlite_where=sa.text("ciphertext IS NOT NULL"),
        postgresql_where=sa.text("ciphertext IS NOT NULL"),
    )
    op.create_table(
        "suspects",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "queue", "fingerprint", name="pk_suspects"),
    )
    op.create_table(
        "circuits",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("openings", sa.BigInteger, nullable=False),
        sa.Column("probe_at", sa.BigInteger, nullable=False),
        sa.Column("probe_owner", sa.Text),
        sa.Column("probe_until", sa.BigInteger, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("paused_reason", sa.Text),
        sa.Column("allowance", sa.BigInteger, nullable=False),
        sa.Column("allowance_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connector", name="pk_circuits"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("hop", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_reason", sa.Text),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("persons", sa.Text, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letters"),
        sa.UniqueConstraint("tenant", "message_id", "hop", "attempt", name="uq_dead_letters"),
    )
    op.create_index("ix_dead_letters_state", "dead_letters", ["tenant", "state", "id"])
    op.create_table(
        "aliases",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "hash", name="pk_aliases"),
    )
    op.create_table(
        "keys",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("tenant", "key_id", name="uq_keys"),
    )
    op.create_index("ix_keys_current", "keys", ["tenant", "purpose", "subject", "id"])
    op.create_index(
        "uq_keys_person",
        "keys",
        ["tenant", "subject"],
        unique=True,
        sqlite_where=sa.text("purpose = 'person'"),
        postgresql_where=sa.text("purpose = 'person'"),
    )
