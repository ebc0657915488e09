"""The record: rows written in the transaction of what they record, and read again."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audit.rows import row_mac, row_text
from hub.ports.audit import AuditRow, Entry, Head, actor, terminal
from hub.store.scoped import Scoped
from hub.store.tables_audit import audit_rows, audit_state

_ROW = ("tenant", "at", "text", "mac")


class Recording(Scoped):
    """What the other parts of the store use to write down what they do. One INSERT for all rows of a transaction."""

    def _prepare(self) -> None:
        super()._prepare()
        self._new_audit_row = self._database.prepare(sa.insert(audit_rows), _ROW)

    def record(self, entries: Sequence[Entry]) -> None:
        """See the port."""
        if entries:
            self._database.write(lambda connection: self._record(connection, entries))

    def audit_rows(self, after_id: int = 0, limit: int = 500) -> list[AuditRow]:
        """See the port."""
        columns = (audit_rows.c.id, audit_rows.c.leaf, audit_rows.c.text, audit_rows.c.mac)
        query = (
            sa.select(*columns)
            .where(self._is_mine(audit_rows), audit_rows.c.id > after_id)
            .order_by(audit_rows.c.id)
            .limit(limit)
        )
        return [AuditRow(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def _audit_head(self, connection: sa.Connection) -> Head:
        """The oldest row not covered is found by an index, however many there are."""
        state = sa.select(*(audit_state.c[name] for name in ("size", "anchored", "verified_at", "key"))).where(
            self._is_mine(audit_state)
        )
        row = connection.execute(state).one_or_none()
        size, anchored, verified_at, key = (0, 0, None, None) if row is None else row
        placed = sa.select(audit_rows.c.at).where(self._is_mine(audit_rows), audit_rows.c.leaf == anchored)
        tail = (
            sa.select(audit_rows.c.at)
            .where(self._is_mine(audit_rows), audit_rows.c.leaf.is_(None))
            .order_by(audit_rows.c.id)
            .limit(1)
        )
        oldest = sa.select(sa.func.coalesce(placed.scalar_subquery(), tail.scalar_subquery()))
        return Head(size, anchored, connection.execute(oldest).scalar(), verified_at, key)

    def _record(self, connection: sa.Connection, entries: Iterable[Entry]) -> None:
        """Raises ConfigError where the key cannot be read: what the transaction was for is not done."""
        self._new_audit_row.run(connection, [self._audit_row(entry) for entry in entries])

    def _audit_row(self, entry: Entry) -> dict[str, Any]:
        text = row_text(self._tenant, entry, actor.get(), terminal.get())
        return {"tenant": self._tenant, "at": entry.at, "text": text, "mac": row_mac(self._audit_key(), text)}
