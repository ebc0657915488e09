"""The tables of accounts. See `hub.ports.accounts` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _ROW_ID, _boolean, _integer, _text, metadata

# `roles`, `partners`, `flows`: JSON [text, …].
accounts = sa.Table(
    "accounts",
    metadata,
    _text("tenant"),
    _text("name"),
    _text("display"),
    _text("roles"),
    _text("partners"),
    _text("flows"),
    _boolean("disabled"),
    _integer("expires_at", nullable=True),
    _boolean("must_change"),
    _integer("created_at"),
    _text("created_by"),
    _text("password"),
    _text("totp_key"),
    sa.Column("totp", sa.LargeBinary, nullable=False),
    _integer("step"),
    _integer("failures"),
    _integer("locked_until"),
    sa.PrimaryKeyConstraint("tenant", "name"),
)

account_changes = sa.Table(
    "account_changes",
    metadata,
    sa.Column("id", _ROW_ID, primary_key=True),
    _text("tenant"),
    _text("name"),
    _integer("at"),
    _text("who"),
    _text("act"),
    _text("detail"),
    _text("reason"),
    sa.Index("ix_account_changes_name", "tenant", "name", "id"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    _text("tenant"),
    _text("token"),
    _text("name"),
    _text("terminal"),
    _integer("began_at"),
    _integer("last_at"),
    _integer("ended_at", nullable=True),
    _text("ended_why", nullable=True),
    sa.PrimaryKeyConstraint("tenant", "token"),
    sa.Index("ix_sessions_name", "tenant", "name", "began_at"),
)
