"""The tables. Every row carries the tenant (municipality code), every key begins with it.

Times are microseconds since 1970 UTC. No column holds a body in the clear, a name or a number of a person.
Changing anything here needs a migration of its own; a test compares the two.
"""

import sqlalchemy as sa

SCHEMA_VERSION = "0022"  # the newest revision in `migrations/versions`

# Grows by itself on both dialects: SQLite does that for INTEGER alone.
_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s",
    }
)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _boolean(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


# Which messages came in at a hop, what they were, and how they ended there. Outlives everything replayable.
messages = sa.Table(
    "messages",
    metadata,
    _text("tenant"),
    _text("message_id"),
    _text("hop"),
    _text("digest"),
    _text("type"),
    _text("correlation_id"),
    _integer("accepted_at"),
    _text("end", nullable=True),
    _integer("end_at", nullable=True),
    _integer("due_at", nullable=True),
    sa.PrimaryKeyConstraint("tenant", "message_id", "hop"),
)
# Only what is awaited and has not ended yet: for all other messages it costs nothing.
_AWAITED = sa.and_(messages.c.due_at.is_not(None), messages.c["end"].is_(None))
sa.Index(
    "ix_messages_due", messages.c.tenant, messages.c.due_at, sqlite_where=_AWAITED, postgresql_where=_AWAITED
)  # fmt: skip

# What is still to be done at a hop, oldest first. It holds open messages only, and grows at its end.
_UNENDED = messages.c["end"].is_(None)
sa.Index(
    "ix_messages_open", messages.c.tenant, messages.c.hop, messages.c.accepted_at,
    sqlite_where=_UNENDED, postgresql_where=_UNENDED,
)  # fmt: skip

# What happened to them. `occurrence` tells apart outcomes that may come again with the same attempt (a wait, another
# copy): the time they were settled, 0 for all others. The one unique index serves `trace` as well: each further index
# on random ids would cost the settling of a message another page.
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("correlation_id"),
    _text("message_id"),
    _text("hop"),
    _integer("attempt"),
    _text("outcome"),
    _integer("occurrence"),
    _text("code", nullable=True),
    _text("type"),
    _text("source"),
    _integer("started_at"),
    _integer("settled_at"),
    sa.UniqueConstraint("tenant", "correlation_id", "message_id", "hop", "attempt", "outcome", "occurrence"),
)

# The latest send of a message at a hop: the intent, committed before anything leaves. `deadline` is NULL once the send
# was settled; one that has passed marks an abandoned send. `in_doubt`: open: an earlier send was in doubt when this one
# began; closed: this one ended without a known result. `persons`: JSON [[role, [[alias kind, alias hash], …]], …].
leases = sa.Table(
    "leases",
    metadata,
    _text("tenant"),
    _text("message_id"),
    _text("hop"),
    _text("owner"),
    _integer("attempt"),
    _text("state_key", nullable=True),
    _integer("opened_at"),
    _integer("deadline", nullable=True),
    _boolean("in_doubt"),
    _text("persons"),
    sa.PrimaryKeyConstraint("tenant", "message_id", "hop"),
)
sa.Index(
    "ix_leases_open",
    leases.c.tenant,
    leases.c.hop,
    leases.c.state_key,
    sqlite_where=leases.c.deadline.is_not(None),
    postgresql_where=leases.c.deadline.is_not(None),
)

# The newest version of a record that was sent, or is being sent, to a partner.
versions = sa.Table(
    "versions",
    metadata,
    _text("tenant"),
    _text("hop"),
    _text("state_key"),
    _integer("version"),
    _text("digest"),
    _boolean("delivered"),
    sa.PrimaryKeyConstraint("tenant", "hop", "state_key"),
)

# The place of a message among those of its record at a hop, given with the commit that accepted it; `id` is the order.
# `ended` frees the next one. `ciphertext` and its companions are set while the message waits here and not in a queue.
# `persons` as in `leases`.
sequence = sa.Table(
    "sequence",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("hop"),
    _text("sequence_key"),
    _text("message_id"),
    _boolean("ended"),
    _integer("claimed_until"),
    _text("envelope", nullable=True),
    _text("key_id", nullable=True),
    sa.Column("ciphertext", sa.LargeBinary),
    _text("persons", nullable=True),
    sa.UniqueConstraint("tenant", "message_id", "hop"),
)
sa.Index(
    "ix_sequence_open",
    sequence.c.tenant,
    sequence.c.hop,
    sequence.c.sequence_key,
    sequence.c.id,
    sqlite_where=sequence.c.ended.is_(False),
    postgresql_where=sequence.c.ended.is_(False),
)
sa.Index(
    "ix_sequence_waiting",
    sequence.c.tenant,
    sequence.c.hop,
    sequence.c.id,
    sqlite_where=sequence.c.ciphertext.is_not(None),
    postgresql_where=sequence.c.ciphertext.is_not(None),
)

# How often the handling of a message was begun and did not end, see `hub.worker.quarantine`.
suspects = sa.Table(
    "suspects",
    metadata,
    _text("tenant"),
    _text("queue"),
    _text("fingerprint"),
    _integer("begun"),
    _integer("at"),
    sa.PrimaryKeyConstraint("tenant", "queue", "fingerprint"),
)

# One row per connector. Its row lock (PostgreSQL) is what makes leases and versions of a connector change one
# transaction at a time.
circuits = sa.Table(
    "circuits",
    metadata,
    _text("tenant"),
    _text("connector"),
    _text("state"),
    _integer("failures"),
    _integer("openings"),
    _integer("probe_at"),
    _text("probe_owner", nullable=True),
    _integer("probe_until"),
    _boolean("paused"),
    _text("paused_reason", nullable=True),
    _integer("allowance"),
    _integer("allowance_at"),
    _boolean("draining"),
    sa.PrimaryKeyConstraint("tenant", "connector"),
)

# `persons` as in `leases`.
dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("message_id"),
    _text("hop"),
    _integer("attempt"),
    _text("correlation_id"),
    _text("type"),
    _text("source"),
    _text("code"),
    _text("stage"),
    _text("explanation"),
    _text("queue"),
    _text("state"),
    _integer("at"),
    _text("closed_by", nullable=True),
    _text("closed_reason", nullable=True),
    _integer("closed_at", nullable=True),
    _text("persons"),
    _text("envelope"),
    _text("key_id"),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    _text("outgoing", nullable=True),
    sa.UniqueConstraint("tenant", "message_id", "hop", "attempt"),
    sa.Index("ix_dead_letters_state", "tenant", "state", "id"),
    sa.Index("ix_dead_letters_code", "tenant", "state", "code", "id"),
    sa.Index("ix_dead_letters_cause", "tenant", "state", "code", "hop", "type", "at"),
    sa.Index("ix_dead_letters_source", "tenant", "state", "source", "id"),
)

# The keyed hashes in the column `persons`, to find the letters of one person among a million.
dead_letter_names = sa.Table(
    "dead_letter_names",
    metadata,
    _text("tenant"),
    _text("hash"),
    _integer("dead_id"),
    sa.PrimaryKeyConstraint("tenant", "hash", "dead_id"),
    sa.Index("ix_dead_letter_names_letter", "tenant", "dead_id"),
)

# A person is whoever its aliases (keyed hashes) point to.
aliases = sa.Table(
    "aliases",
    metadata,
    _text("tenant"),
    _text("kind"),
    _text("hash"),
    _text("person_id"),
    sa.PrimaryKeyConstraint("tenant", "kind", "hash"),
)

# Data keys, wrapped. The newest row of a purpose and subject is the current one. `master`: id of the master key, ""
# from before these had ids.
keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("key_id"),
    _text("purpose"),
    _text("subject", nullable=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    _integer("created_at"),
    sa.Column("master", sa.Text, nullable=False, server_default=""),
    sa.Column("form", sa.BigInteger, nullable=False, server_default="1"),
    sa.UniqueConstraint("tenant", "key_id"),
    sa.Index("ix_keys_current", "tenant", "purpose", "subject", "id"),
    sa.Index("ix_keys_master", "tenant", "master", "id"),
)
sa.Index(
    "uq_keys_person",
    keys.c.tenant,
    keys.c.subject,
    unique=True,
    sqlite_where=keys.c.purpose == "person",
    postgresql_where=keys.c.purpose == "person",
)

# Master keys by id, never the keys themselves.
masters = sa.Table(
    "masters",
    metadata,
    _text("tenant"),
    _text("key_id"),
    _text("state"),
    _integer("since"),
    sa.PrimaryKeyConstraint("tenant", "key_id"),
)
