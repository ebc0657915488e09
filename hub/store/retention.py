"""Deleting closed dead letters and decided holds, as they were listed, and the data keys that sealed them alone."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.cases import CaseState
from hub.ports.holds import HoldState
from hub.ports.retention import Batch, BatchState, Counts
from hub.store.dead_letters import CLOSED
from hub.store.holds import DECIDABLE
from hub.store.recording import Recording
from hub.store.tables import dead_letter_names, dead_letters, keys
from hub.store.tables_cases import cases
from hub.store.tables_edits import edits
from hub.store.tables_fence import hold_acts, holds
from hub.store.tables_plans import plan_items
from hub.store.tables_retention import retention_batches, retention_items

_DECIDED = tuple(state.value for state in (HoldState.RELEASED, HoldState.REFUSED, HoldState.VOID, HoldState.ERASED))


_DEAD, _HOLD = "dead", "hold"
_ACTS = {BatchState.CONFIRMED: "confirm", BatchState.ACCEPTED: "accept", BatchState.CANCELLED: "cancel"}


class Retention(Recording):
    """See `hub.ports.retention`."""

    def list_batch(self, before: int, who: str, at: int) -> int:
        """See the port."""

        def work(connection: sa.Connection) -> int:
            row = {
                "tenant": self._tenant, "state": BatchState.LISTED.value, "before": before, "who": who, "at": at,
                "dead_letters": 0, "holds": 0, "blocked": 0,
            }  # fmt: skip
            made = sa.insert(retention_batches).values(row).returning(retention_batches.c.id)
            batch_id = int(connection.execute(made).scalar_one())
            self._write_down(connection, batch_id, _DEAD, dead_letters, self._letters(before))
            self._write_down(connection, batch_id, _HOLD, holds, self._holds(before))
            listed = self._left(connection, batch_id)
            old = sa.select(sa.func.count()).select_from(dead_letters).where(self._old_letters(before))
            blocked = max(int(connection.execute(old).scalar_one()) - listed.dead_letters, 0)
            counts = {"dead_letters": listed.dead_letters, "holds": listed.holds, "blocked": blocked}
            connection.execute(sa.update(retention_batches).values(counts).where(self._is_batch(batch_id)))
            self._record(connection, [_acted("list", batch_id, at, who, "")])
            return batch_id

        return self._database.write(work)

    def batch(self, batch_id: int) -> Batch | None:
        """See the port."""
        query = sa.select(retention_batches).where(self._is_batch(batch_id))

        def work(connection: sa.Connection) -> Batch | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else self._batch(connection, row)

        return self._database.read(work)

    def batches(self, limit: int = 50) -> list[Batch]:
        """See the port."""
        query = (
            sa.select(retention_batches)
            .where(self._is_mine(retention_batches))
            .order_by(retention_batches.c.id.desc())
            .limit(limit)
        )
        return self._database.read(
            lambda connection: [self._batch(connection, row) for row in connection.execute(query).all()]
        )

    def move_batch(
        self, batch_id: int, before: Collection[BatchState], after: BatchState, who: str, at: int, note: str = ""
    ) -> bool:
        """See the port."""
        by: dict[str, object] = {}
        if after is BatchState.CONFIRMED:
            by = {"confirmed_by": who, "confirmed_at": at}
        elif after in (BatchState.ACCEPTED, BatchState.CANCELLED):
            by = {"accepted_by": who, "accepted_at": at, "note": note}
        query = (
            sa.update(retention_batches)
            .values(state=after.value, **by)
            .where(self._is_batch(batch_id), retention_batches.c.state.in_([state.value for state in before]))
        )

        def work(connection: sa.Connection) -> bool:
            if connection.execute(query).rowcount != 1:
                return False
            if (act := _ACTS.get(after)) is not None:
                self._record(connection, [_acted(act, batch_id, at, who, note)])
            if after is BatchState.CANCELLED:
                connection.execute(sa.delete(retention_items).where(self._of_batch(batch_id)))
            return True

        return self._database.write(work)

    def delete_page(self, batch_id: int, limit: int) -> int:
        """See the port."""
        wanted = sa.select(retention_batches.c.before).where(
            self._is_batch(batch_id), retention_batches.c.state == BatchState.CONFIRMED.value
        )

        def work(connection: sa.Connection) -> int:
            before = connection.execute(wanted).scalar()
            if before is None:
                return 0
            letters = sa.and_(self._letters(before), self._listed(batch_id, _DEAD, dead_letters))
            old_holds = sa.and_(self._holds(before), self._listed(batch_id, _HOLD, holds))
            dead = self._page(connection, dead_letters, letters, limit)
            held = self._page(connection, holds, old_holds, limit - len(dead))
            self._delete_letters(connection, [row.id for row in dead])
            self._delete_holds(connection, [row.id for row in held])
            for kind, rows in ((_DEAD, dead), (_HOLD, held)):
                gone = (retention_items.c.kind == kind, retention_items.c.item_id.in_([row.id for row in rows]))
                connection.execute(sa.delete(retention_items).where(self._is_mine(retention_items), *gone))
            self._delete_keys(connection, {row.key_id for row in (*dead, *held)})
            return len(dead) + len(held)

        return self._database.write(work)

    def _write_down(
        self, connection: sa.Connection, batch_id: int, kind: str, table: sa.Table, where: sa.ColumnElement[bool]
    ) -> None:
        rows = sa.select(table.c.tenant, sa.literal(batch_id), sa.literal(kind), table.c.id).where(where)
        names = [column.name for column in retention_items.columns]
        connection.execute(sa.insert(retention_items).from_select(names, rows))

    def _listed(self, batch_id: int, kind: str, table: sa.Table) -> sa.ColumnElement[bool]:
        listed = sa.select(retention_items.c.item_id).where(self._of_batch(batch_id), retention_items.c.kind == kind)
        return table.c.id.in_(listed)

    def _of_batch(self, batch_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(retention_items), retention_items.c.batch_id == batch_id)

    def _page(
        self, connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], limit: int
    ) -> list[sa.Row[Any]]:
        query: sa.Select[Any] = sa.select(table.c.id, table.c.key_id).where(where).order_by(table.c.id).limit(limit)
        return list(connection.execute(query.with_for_update(of=table, skip_locked=True)).all()) if limit > 0 else []

    def _delete_letters(self, connection: sa.Connection, ids: list[int]) -> None:
        for table in (edits, plan_items, dead_letter_names):
            connection.execute(sa.delete(table).where(self._is_mine(table), table.c.dead_id.in_(ids)))
        connection.execute(sa.delete(dead_letters).where(self._is_mine(dead_letters), dead_letters.c.id.in_(ids)))

    def _delete_holds(self, connection: sa.Connection, ids: list[int]) -> None:
        connection.execute(sa.delete(hold_acts).where(self._is_mine(hold_acts), hold_acts.c.hold_id.in_(ids)))
        connection.execute(sa.delete(holds).where(self._is_mine(holds), holds.c.id.in_(ids)))

    def _delete_keys(self, connection: sa.Connection, key_ids: set[str]) -> None:
        """Those of bodies that name several persons or none; a person's own key seals others as well."""
        lone = (self._is_mine(keys), keys.c.key_id.in_(sorted(key_ids)), keys.c.subject.is_(None))
        connection.execute(sa.delete(keys).where(*lone, keys.c.purpose != "epoch"))

    def _left(self, connection: sa.Connection, batch_id: int) -> Counts:
        kinds = sa.select(retention_items.c.kind, sa.func.count()).where(self._of_batch(batch_id))
        found = {row[0]: int(row[1]) for row in connection.execute(kinds.group_by(retention_items.c.kind))}
        return Counts(found.get(_DEAD, 0), found.get(_HOLD, 0))

    def _old_letters(self, before: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(dead_letters), dead_letters.c.state.in_(CLOSED), dead_letters.c.closed_at < before)

    def _letters(self, before: int) -> sa.ColumnElement[bool]:
        """Closed long enough, nobody works on their case, and nothing of their flow waits for people to decide."""
        worked_on = sa.exists().where(
            self._is_mine(cases),
            cases.c.code == dead_letters.c.code,
            cases.c.hop == dead_letters.c.hop,
            cases.c.type == dead_letters.c.type,
            cases.c.state != CaseState.RESOLVED.value,
        )
        held = sa.exists().where(
            self._is_mine(holds),
            holds.c.correlation_id == dead_letters.c.correlation_id,
            holds.c.state.in_(DECIDABLE),
        )
        return sa.and_(self._old_letters(before), ~worked_on, ~held)

    def _holds(self, before: int) -> sa.ColumnElement[bool]:
        """Decided long enough: nobody has done anything with them since."""
        since = sa.exists().where(self._is_mine(hold_acts), hold_acts.c.hold_id == holds.c.id, hold_acts.c.at >= before)
        return sa.and_(self._is_mine(holds), holds.c.state.in_(_DECIDED), holds.c.at < before, ~since)

    def _is_batch(self, batch_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(retention_batches), retention_batches.c.id == batch_id)

    def _batch(self, connection: sa.Connection, row: sa.Row[Any]) -> Batch:
        return Batch(
            id=row.id,
            state=BatchState(row.state),
            before=row.before,
            who=row.who,
            at=row.at,
            targets=Counts(row.dead_letters, row.holds),
            blocked=row.blocked,
            left=self._left(connection, row.id),
            confirmed_by=row.confirmed_by,
            confirmed_at=row.confirmed_at,
            accepted_by=row.accepted_by,
            accepted_at=row.accepted_at,
            note=row.note,
        )


def _acted(act: str, batch_id: int, at: int, who: str, note: str) -> Entry:
    return Entry(f"retention.{act}", (f"retention:{batch_id}",), at, purpose=note, actor=who)
