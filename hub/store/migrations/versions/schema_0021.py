"""Whom a waiting message names.

What waits by now is given the persons its own dead letter or hold names, or the one person whose key seals it. What is
sealed under a key of several and never died or was held is left without: nobody can tell without opening it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_KNOWN = """
    UPDATE sequence SET persons = (
        SELECT {table}.persons FROM {table}
        WHERE {table}.tenant = sequence.tenant AND {table}.message_id = sequence.message_id
            AND {table}.hop = sequence.hop
        ORDER BY {table}.id DESC LIMIT 1
    )
    WHERE ciphertext IS NOT NULL AND persons IS NULL
"""
# [["subject", [[alias kind, alias hash], ...]]]
_OWNER = """
    UPDATE sequence SET persons = (
        SELECT {json} FROM keys
        JOIN aliases ON aliases.tenant = keys.tenant AND aliases.person_id = keys.subject
        WHERE keys.tenant = sequence.tenant AND keys.key_id = sequence.key_id
        GROUP BY keys.id
    )
    WHERE ciphertext IS NOT NULL AND persons IS NULL
"""
_JSON = {
    "sqlite": "json_array(json_array('subject', json_group_array(json_array(aliases.kind, aliases.hash))))",
    "postgresql": "json_build_array(json_build_array('subject', "
    "json_agg(json_build_array(aliases.kind, aliases.hash))))::text",
}


def upgrade() -> None:
    op.add_column("sequence", sa.Column("persons", sa.Text, nullable=True))
    for table in ("dead_letters", "holds"):
        op.execute(_KNOWN.format(table=table))
    op.execute(_OWNER.format(json=_JSON[op.get_bind().dialect.name]))
