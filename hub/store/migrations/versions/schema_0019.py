"""Dead letters by sender, and by the persons they name."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

# Every hash of [[role, [[alias kind, alias hash], ...]], ...], once for each letter.
_NAMES = {
    "sqlite": """
        INSERT INTO dead_letter_names (tenant, hash, dead_id)
        SELECT DISTINCT d.tenant, json_extract(alias.value, '$[1]'), d.id
        FROM dead_letters AS d, json_each(d.persons) AS person, json_each(person.value, '$[1]') AS alias
    """,
    "postgresql": """
        INSERT INTO dead_letter_names (tenant, hash, dead_id)
        SELECT DISTINCT d.tenant, alias ->> 1, d.id
        FROM dead_letters AS d, jsonb_array_elements(d.persons::jsonb) AS person,
             jsonb_array_elements(person -> 1) AS alias
    """,
}


def upgrade() -> None:
    op.create_index("ix_dead_letters_source", "dead_letters", ["tenant", "state", "source", "id"])
    op.create_table(
        "dead_letter_names",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("dead_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "hash", "dead_id", name="pk_dead_letter_names"),
    )
    op.create_index("ix_dead_letter_names_letter", "dead_letter_names", ["tenant", "dead_id"])
    op.execute(_NAMES[op.get_bind().dialect.name])
