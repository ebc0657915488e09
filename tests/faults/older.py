"""A database as an older version of the hub left it: the rows of a home that was worked with, under an older schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from hub.store.schema import configuration


def as_of(revision: str, worked: str, older: str) -> None:
    """Make the empty database `older` at a revision, and fill it with what `worked` holds and that schema can hold.

    Rows of tables and values of columns that came later are left behind, as that version never had them.
    """
    source, target = sa.create_engine(worked), sa.create_engine(older)
    with source.connect() as rows, target.begin() as made:
        config = configuration()
        config.attributes["connection"] = made
        command.upgrade(config, revision)
        held, there = sa.MetaData(), sa.MetaData()
        held.reflect(rows)
        there.reflect(made)
        for table in there.sorted_tables:
            if table.name == "alembic_version":
                continue
            columns = [held.tables[table.name].c[column.name] for column in table.columns]
            copied = [dict(row) for row in rows.execute(sa.select(*columns)).mappings()]
            if copied:
                made.execute(table.insert(), copied)
            if made.dialect.name == "postgresql" and copied and "id" in table.c:
                _count_on(made, table)
    source.dispose()
    target.dispose()


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """The next row's number comes after those copied."""
    sequence = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, "id"))).scalar_one()
    if sequence is not None:
        newest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one()
        connection.execute(sa.select(sa.func.setval(sequence, newest)))
