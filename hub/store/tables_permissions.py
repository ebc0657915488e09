"""The tables of permission lists. See `hub.ports.permissions` for what the columns mean."""

import sqlalchemy as sa

from hub.store.tables import _integer, _text, metadata

# `digest`: of all the list says, so that the same version with other content is noticed.
permission_lists = sa.Table(
    "permission_lists",
    metadata,
    _text("tenant"),
    _integer("version"),
    _integer("valid_from"),
    _integer("valid_until"),
    _integer("taken_at"),
    _integer("size"),
    _text("digest"),
    sa.PrimaryKeyConstraint("tenant", "version"),
)

permitted = sa.Table(
    "permitted",
    metadata,
    _text("tenant"),
    _integer("version"),
    _text("inquirer"),
    _text("procedure"),
    _text("provider"),
    _text("item"),
    sa.PrimaryKeyConstraint("tenant", "version", "inquirer", "procedure", "provider", "item"),
)
