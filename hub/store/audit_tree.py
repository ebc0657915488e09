"""The tree of the record: rows get their places, and what proofs need is read.

Rows are committed out of the order of their ids: one with a smaller id may come after one with a larger. So places are
given to whatever has none yet, and no id is ever counted as passed.
"""

import json
from typing import Any

import sqlalchemy as sa

from hub.audit.rows import leaf_data, row_mac
from hub.audit.tree import TILE, Frontier, Tile
from hub.audit.verifier import leaf_hash
from hub.ports.audit import AuditFilter, AuditRow, Extended, Handing, Head, KeptNote, Sign
from hub.store.recording import Recording
from hub.store.tables_audit import audit_checkpoints, audit_rows, audit_state, audit_tiles

_ROW = (audit_rows.c.id, audit_rows.c.leaf, audit_rows.c.text, audit_rows.c.mac)


class AuditTree(Recording):
    """See `hub.ports.audit.Audit`."""

    def extend_audit(self, sign: Sign, now: int, most: int) -> Extended | None:
        """See the port."""
        tail = (
            sa.select(*_ROW)
            .where(self._is_mine(audit_rows), audit_rows.c.leaf.is_(None))
            .order_by(audit_rows.c.id)
            .limit(most)
        )
        key = self._audit_key()

        def work(connection: sa.Connection) -> Extended | None:
            tree, signing = self._locked_tree(connection)
            rows = [AuditRow(*row) for row in connection.execute(tail)]
            if not rows:
                return None
            start, forged, tiles = tree.size, [], list[Tile]()
            for place, row in enumerate(rows, start):
                if row_mac(key, row.text) != row.mac:
                    forged.append(place)
                tiles += tree.append(leaf_hash(leaf_data(row.text, row.mac)))
            note = KeptNote(tree.size, now, sign(tree.size, tree.root(), now, signing))
            self._place_rows_of_tree(connection, start, rows)
            self._keep_tree(connection, tree, tiles, note)
            return Extended(note, tuple(forged), len(rows))

        return self._database.write(work)

    def hand_over_audit(self, handing: Handing, sign: Sign, key: str, now: int) -> KeptNote:
        """See the port."""

        def work(connection: sa.Connection) -> KeptNote:
            tree, signing = self._locked_tree(connection)
            row = self._audit_row(handing(tree.size, tree.root(), now, signing))
            connection.execute(sa.insert(audit_rows).values(row | {"leaf": tree.size}))
            tiles = tree.append(leaf_hash(leaf_data(row["text"], row["mac"])))
            note = KeptNote(tree.size, now, sign(tree.size, tree.root(), now, key))
            self._keep_tree(connection, tree, tiles, note)
            connection.execute(sa.update(audit_state).values(key=key).where(self._is_mine(audit_state)))
            return note

        return self._database.write(work)

    def anchor_audit(self, size: int) -> None:
        """See the port."""
        query = (
            sa.update(audit_state)
            .values(anchored=size)
            .where(self._is_mine(audit_state), audit_state.c.anchored < size, audit_state.c.size >= size)
        )
        self._database.write(lambda connection: connection.execute(query))

    def verified_audit(self, at: int) -> None:
        """See the port."""
        change = sa.update(audit_state).values(verified_at=at).where(self._is_mine(audit_state))

        def work(connection: sa.Connection) -> None:
            self._locked_tree(connection)  # which is there then, also of a record without a row
            connection.execute(change)

        self._database.write(work)

    def audit_head(self) -> Head:
        """See the port."""
        return self._database.read(self._audit_head)

    def audit_leaves(self, start: int, limit: int, where: AuditFilter | None = None) -> list[AuditRow]:
        """See the port."""
        query = (
            sa.select(*_ROW)
            .where(self._is_mine(audit_rows), audit_rows.c.leaf >= start, *_conditions(where or AuditFilter()))
            .order_by(audit_rows.c.leaf)
            .limit(limit)
        )
        return [AuditRow(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def newest_audit_rows(self, where: AuditFilter, before_id: int | None = None, limit: int = 50) -> list[AuditRow]:
        """See the port."""
        query = (
            sa.select(*_ROW)
            .where(self._is_mine(audit_rows), *_conditions(where))
            .order_by(audit_rows.c.id.desc())
            .limit(limit)
        )
        if before_id is not None:
            query = query.where(audit_rows.c.id < before_id)
        return [AuditRow(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def waiting_audit_rows(self, after_id: int = 0, limit: int = 500) -> list[AuditRow]:
        """See the port."""
        query = (
            sa.select(*_ROW)
            .where(self._is_mine(audit_rows), audit_rows.c.leaf.is_(None), audit_rows.c.id > after_id)
            .order_by(audit_rows.c.id)
            .limit(limit)
        )
        return [AuditRow(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def audit_checkpoints(self, after_size: int = -1, limit: int = 1000) -> list[KeptNote]:
        """See the port."""
        columns = (audit_checkpoints.c.size, audit_checkpoints.c.at, audit_checkpoints.c.note)
        query = (
            sa.select(*columns)
            .where(self._is_mine(audit_checkpoints), audit_checkpoints.c.size > after_size)
            .order_by(audit_checkpoints.c.size)
            .limit(limit)
        )
        return [KeptNote(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def audit_tile(self, level: int, start: int) -> list[bytes]:
        """See the port."""
        if level == 0:
            rows = self.audit_leaves(start, TILE)
            return [leaf_hash(leaf_data(row.text, row.mac)) for row in rows]
        query = (
            sa.select(audit_tiles.c.hash)
            .where(self._is_mine(audit_tiles), audit_tiles.c.level == level, audit_tiles.c.position >= start)
            .order_by(audit_tiles.c.position)
            .limit(TILE)
        )
        found = self._database.read(lambda connection: connection.execute(query).scalars().all())
        return [bytes.fromhex(one) for one in found]

    def _locked_tree(self, connection: sa.Connection) -> tuple[Frontier, str | None]:
        """The tree so far, that no other process extends before this transaction ends, and the key that signs it."""
        columns = (audit_state.c.size, audit_state.c.frontier, audit_state.c.key)
        query = sa.select(*columns).where(self._is_mine(audit_state)).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None:
            empty = {"tenant": self._tenant, "size": 0, "frontier": "[]", "anchored": 0}
            connection.execute(self._database.insert(audit_state).values(empty).on_conflict_do_nothing())
            row = connection.execute(query).one()
        return Frontier(row.size, [bytes.fromhex(one) for one in json.loads(row.frontier)]), row.key

    def _place_rows_of_tree(self, connection: sa.Connection, start: int, rows: list[AuditRow]) -> None:
        place = (
            sa.update(audit_rows)
            .values(leaf=sa.bindparam("its_leaf"))
            .where(audit_rows.c.id == sa.bindparam("its_id"), self._is_mine(audit_rows))
        )
        connection.execute(place, [{"its_id": row.id, "its_leaf": leaf} for leaf, row in enumerate(rows, start)])

    def _keep_tree(self, connection: sa.Connection, tree: Frontier, tiles: list[Tile], note: KeptNote) -> None:
        state = {"size": tree.size, "frontier": json.dumps([one.hex() for one in tree.hashes])}
        connection.execute(sa.update(audit_state).values(state).where(self._is_mine(audit_state)))
        kept: list[dict[str, Any]] = [
            {"tenant": self._tenant, "level": one.level, "position": one.position, "hash": one.hash.hex()}
            for one in tiles
        ]
        if kept:
            connection.execute(sa.insert(audit_tiles), kept)
        new = {"tenant": self._tenant, "size": note.size, "at": note.at, "note": note.note}
        connection.execute(sa.insert(audit_checkpoints).values(new))


def _conditions(where: AuditFilter) -> list[sa.ColumnElement[bool]]:
    """Ids and codes are looked for in the text itself: an index on them would cost every disclosure another page."""
    text, at = audit_rows.c.text, audit_rows.c.at
    found: list[sa.ColumnElement[bool]] = []
    found += [] if where.since is None else [at >= where.since]
    found += [] if where.until is None else [at < where.until]
    if where.what is not None:
        alone, named = (text.contains(f'{start}{where.what}"', autoescape=True) for start in ('"', ":"))
        found.append(sa.or_(alone, named))
    for name in ("actor", "act"):
        if (value := getattr(where, name)) is not None:
            said = f'"{name}":{json.dumps(value, ensure_ascii=False)}'
            found.append(text.contains(said, autoescape=True))
    if where.persons is not None:
        found.append(sa.or_(sa.false(), *(text.contains(f'"{one}"', autoescape=True) for one in where.persons)))
    return found
